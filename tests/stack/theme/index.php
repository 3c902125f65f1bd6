<?php
/**
 * Every page of the stack's site.
 */

?><!DOCTYPE html>
<html <?php language_attributes(); ?>>
<head><meta charset="utf-8"><?php wp_head(); ?></head>
<body>
<h1><?php bloginfo( 'name' ); ?></h1>
<?php
while ( have_posts() ) {
	the_post();
	the_content();
}
wp_loginout();
wp_footer();
?>
</body>
</html>

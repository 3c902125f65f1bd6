<?php
/**
 * Everything this worker would show about itself.
 */

declare(strict_types=1);

phpinfo();

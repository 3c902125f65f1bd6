/**
 * The screen: a line about the whole, and the tabs the visitor may see.
 */
( function ( wp, telemed ) {
	'use strict';

	const { el, Fragment, useRoute, when } = telemed;
	const { useEffect } = wp.element;
	const { Notice, TabPanel } = wp.components;
	const { __, _n, sprintf } = wp.i18n;

	const TITLES = {
		setup: __( 'Set-up', 'kivicare-telemed' ),
		doctors: __( 'Doctors', 'kivicare-telemed' ),
		meetings: __( 'Meetings', 'kivicare-telemed' ),
		queue: __( 'Queue', 'kivicare-telemed' ),
		statistics: __( 'Statistics', 'kivicare-telemed' ),
	};

	/**
	 * What keeps visits from having meetings, for administrators.
	 */
	function Overview() {
		const { data, reload } = useRoute( 'overview' );
		useEffect( () => {
			window.addEventListener( 'kct-changed', reload );
			return () => window.removeEventListener( 'kct-changed', reload );
		}, [] );
		if ( ! data ) {
			return null;
		}
		const { status, counts, causes } = data;
		const problems = [];
		if ( status.requirements !== 'met' ) {
			problems.push( status.requirements );
		}
		if ( status.tables !== 'complete' ) {
			problems.push( __( 'Tables of the plugin are missing. Deactivate and activate the plugin.', 'kivicare-telemed' ) );
		}
		if ( status.zoom_ready !== 'yes' && status.google_meet !== 'on' ) {
			problems.push( __( 'No provider is set up yet. Follow the steps below.', 'kivicare-telemed' ) );
		}
		if ( counts.parked > 0 ) {
			/* translators: %d: how many operations. */
			problems.push( sprintf( _n( '%d operation waits for somebody: see Queue.', '%d operations wait for somebody: see Queue.', counts.parked, 'kivicare-telemed' ), counts.parked ) );
		}
		causes.forEach( ( cause ) => problems.push( el( Fragment, null, el( 'strong', null, cause.who ), ' ', cause.what, ' ', el( 'span', { className: 'kct-since' }, sprintf(
			/* translators: %s: date and time. */
			__( 'Since %s.', 'kivicare-telemed' ),
			when( cause.since )
		) ) ) ) );
		return problems.length ? el( Notice, { status: 'warning', isDismissible: false, className: 'kct-message', spokenMessage: '' }, problems.map( ( text, i ) => el( 'div', { key: i }, text ) ) ) : null;
	}

	function App() {
		const tabs = telemed.screen.tabs.map( ( name ) => ( { name, title: TITLES[ name ] } ) );
		const wanted = window.location.hash.slice( 1 );
		const first = tabs.some( ( tab ) => tab.name === wanted ) ? wanted : tabs[ 0 ].name;
		// In the address, so that a reload or a bookmark comes back to the same tab.
		const note = ( name ) => window.history.replaceState( null, '', '#' + name );
		return el(
			'div',
			null,
			telemed.screen.canAct && el( Overview ),
			el( TabPanel, { className: 'kct-tabs', tabs, initialTabName: first, onSelect: note }, ( tab ) => el( 'div', { className: 'kct-panel' }, el( telemed.views[ tab.name ] ) ) )
		);
	}

	const root = document.getElementById( 'kivicare-telemed-app' );
	// createRoot came with WordPress 6.2.
	wp.element.createRoot ? wp.element.createRoot( root ).render( el( App ) ) : wp.element.render( el( App ), root );
} )( window.wp, window.kivicareTelemed );

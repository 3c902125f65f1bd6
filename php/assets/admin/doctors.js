/**
 * Doctors with both connections.
 */
( function ( wp, telemed ) {
	'use strict';

	const { el, call, query, useRoute, useMessage, Loaded, State, stateName, providerName, Reason, Table, Pager, Confirm } = telemed;
	const { useEffect, useState } = wp.element;
	const { Button, DropdownMenu, Modal, SelectControl, TextControl } = wp.components;
	const { __, sprintf } = wp.i18n;

	const BIG = { __next40pxDefaultSize: true, __nextHasNoMarginBottom: true };

	/**
	 * A connection's state. Zoom by the clinic's account or their own app needs no connection of the doctor.
	 */
	function Connection( { doctor, provider } ) {
		const connection = doctor.connections[ provider ];
		const shared = provider === 'zoom' && doctor.provider === 'zoom' && ( doctor.via === 'clinic' || doctor.via === 'app' );
		const state = shared && connection.state === 'not_connected' ? ( doctor.via === 'app' ? 'app' : 'shared' ) : connection.state;
		const remedy = provider === 'zoom' && state === 'not_connected' && doctor.offer_remedy;
		return el( 'div', { className: 'kct-connection' }, el( State, { state } ), remedy && el( 'div', { className: 'kct-reason' }, remedy ), doctor.provider === provider && el( 'span', { className: 'kct-inuse' }, __( 'In use', 'kivicare-telemed' ) ), el( Reason, { of: connection } ) );
	}

	function MapUser( { doctor, onDone, onClose } ) {
		const [ user, setUser ] = useState( doctor.zoom_user || doctor.email );
		const submit = ( event ) => {
			event.preventDefault();
			onDone( { zoom_user: user } );
		};
		return el(
			Modal,
			/* translators: %s: doctor's name. */
			{ title: sprintf( __( 'Zoom user of %s', 'kivicare-telemed' ), doctor.name ), onRequestClose: onClose, className: 'kct-modal' },
			el(
				'form',
				{ onSubmit: submit },
				el( TextControl, Object.assign( {}, BIG, { label: __( 'Zoom user ID or e-mail address', 'kivicare-telemed' ), help: __( 'Of the clinic\'s Zoom account. Empty: the doctor\'s e-mail address in WordPress as it is now. Zoom is asked once; later changes of addresses change nothing.', 'kivicare-telemed' ), value: user, onChange: setUser } ) ),
				el( 'div', { className: 'kct-buttons' }, el( Button, { variant: 'primary', type: 'submit' }, __( 'Map', 'kivicare-telemed' ) ), el( Button, { variant: 'tertiary', onClick: onClose }, __( 'Cancel', 'kivicare-telemed' ) ) )
			)
		);
	}

	function Actions( { doctor, act } ) {
		const own = [ 'zoom', 'googlemeet' ].filter( ( provider ) => doctor.connections[ provider ].state !== 'not_connected' );
		const invite = ( provider ) => ( {
			/* translators: %s: Zoom or Google Meet. */
			title: sprintf( __( 'Invite to connect %s', 'kivicare-telemed' ), providerName( provider ) ),
			onClick: () => act( doctor, 'invite', { provider } ),
		} );
		const disconnect = ( provider ) => ( {
			/* translators: %s: Zoom or Google Meet. */
			title: sprintf( __( 'Disconnect from %s', 'kivicare-telemed' ), providerName( provider ) ),
			onClick: () => act( doctor, 'disconnect', { provider }, true ),
		} );
		const controls = [ invite( 'zoom' ), invite( 'googlemeet' ), { title: __( 'Map to a Zoom user', 'kivicare-telemed' ), onClick: () => act( doctor, 'map', null, true ) } ].concat( own.map( disconnect ) );
		/* translators: %s: doctor's name. */
		return el( DropdownMenu, { icon: 'ellipsis', label: sprintf( __( 'Actions for %s', 'kivicare-telemed' ), doctor.name ), controls } );
	}

	/**
	 * The question that belongs to an action.
	 */
	function Question( { asked, onClose, run } ) {
		const { doctor, action, data } = asked;
		if ( action === 'map' ) {
			return el( MapUser, { doctor, onClose, onDone: ( values ) => run( doctor, action, values ) } );
		}
		return el( Confirm, {
			/* translators: 1: doctor's name, 2: Zoom or Google Meet */
			title: sprintf( __( 'Disconnect %1$s from %2$s?', 'kivicare-telemed' ), doctor.name, providerName( data.provider ) ),
			text: __( 'The doctor\'s meetings ahead are deleted at the provider and the access is revoked. Patients\' links end. The doctor can connect again at any time.', 'kivicare-telemed' ),
			action: __( 'Disconnect', 'kivicare-telemed' ),
			onClose,
			onConfirm: () => run( doctor, action, data ),
		} );
	}

	/**
	 * Filters; the search waits until typing pauses.
	 */
	function Filters( { filters, change } ) {
		const [ text, setText ] = useState( filters.search );
		useEffect( () => {
			const timer = text === filters.search ? 0 : setTimeout( () => change( { search: text } ), 400 );
			return () => clearTimeout( timer );
		}, [ text ] );
		const states = [ 'healthy', 'expiring', 'reconnect', 'revoked', 'not_connected' ].map( ( value ) => ( { value, label: stateName( value ) } ) );
		return el(
			'div',
			{ className: 'kct-filters' },
			el( TextControl, Object.assign( {}, BIG, { type: 'search', label: __( 'Search doctors', 'kivicare-telemed' ), value: text, onChange: setText } ) ),
			el( SelectControl, Object.assign( {}, BIG, { label: __( 'Connection', 'kivicare-telemed' ), value: filters.state, onChange: ( state ) => change( { state } ), options: [ { value: '', label: __( 'All', 'kivicare-telemed' ) } ].concat( states ) } ) )
		);
	}

	telemed.views.doctors = function Doctors() {
		const [ filters, setFilters ] = useState( { search: '', state: '', page: 1 } );
		const [ asked, setAsked ] = useState( null );
		const [ message, say ] = useMessage();
		const route = useRoute( 'doctors?' + query( filters ) );
		const change = ( values ) => setFilters( ( before ) => Object.assign( {}, before, { page: 1 }, values ) );
		const run = ( doctor, action, data ) => {
			setAsked( null );
			say( 'info', __( 'Working…', 'kivicare-telemed' ) );
			return call( 'doctors/' + doctor.id + '/' + action, 'POST', data ).then( ( answer ) => say( 'success', answer.message ), ( error ) => say( 'error', error.message ) ).then( route.reload );
		};
		const act = ( doctor, action, data, ask ) => ( ask ? setAsked( { doctor, action, data } ) : run( doctor, action, data ) );
		const can = telemed.screen.canAct;
		const heads = [ __( 'Doctor', 'kivicare-telemed' ), 'Zoom', 'Google Meet', __( 'Zoom user', 'kivicare-telemed' ) ].concat( can ? [ __( 'Actions', 'kivicare-telemed' ) ] : [] );
		const row = ( doctor ) => ( {
			key: doctor.id,
			cells: [
				el( 'strong', null, doctor.name ),
				el( Connection, { doctor, provider: 'zoom' } ),
				el( Connection, { doctor, provider: 'googlemeet' } ),
				doctor.zoom_user || '—',
			].concat( can ? [ el( Actions, { doctor, act } ) ] : [] ),
		} );
		return el(
			'div',
			null,
			el( 'h2', null, __( 'Doctors', 'kivicare-telemed' ) ),
			el( Filters, { filters, change } ),
			message,
			el( Loaded, { route, children: ( data ) => el(
				telemed.Fragment,
				null,
				el( Table, { label: __( 'Doctors and their connections', 'kivicare-telemed' ), heads, rows: data.items.map( row ), empty: __( 'No doctor matches.', 'kivicare-telemed' ) } ),
				el( Pager, { page: filters.page, pages: data.pages, total: data.total, onChange: ( page ) => change( { page } ) } )
			) } ),
			asked && el( Question, { asked, run, onClose: () => setAsked( null ) } )
		);
	};
} )( window.wp, window.kivicareTelemed );

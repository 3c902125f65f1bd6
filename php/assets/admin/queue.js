/**
 * The queue: operations that wait, why, and another try.
 */
( function ( wp, telemed ) {
	'use strict';

	const { el, call, query, useRoute, useMessage, Loaded, State, stateName, providerName, Reason, Table, Pager, when } = telemed;
	const { useState } = wp.element;
	const { Button, SelectControl } = wp.components;
	const { __, sprintf } = wp.i18n;

	const KINDS = { create: __( 'Make', 'kivicare-telemed' ), update: __( 'Change', 'kivicare-telemed' ), cancel: __( 'Delete', 'kivicare-telemed' ) };

	function Counts( { counts } ) {
		const names = [
			[ 'due', __( 'Due now', 'kivicare-telemed' ) ],
			[ 'waiting', __( 'Waiting', 'kivicare-telemed' ) ],
			[ 'parked', __( 'Parked', 'kivicare-telemed' ) ],
			[ 'failed', __( 'Failed', 'kivicare-telemed' ) ],
			[ 'noted', __( 'Noted appointments', 'kivicare-telemed' ) ],
		];
		return el( 'dl', { className: 'kct-counts' }, names.map( ( [ key, label ] ) => el( 'div', { key }, el( 'dt', null, label ), el( 'dd', null, counts[ key ] ) ) ) );
	}

	telemed.views.queue = function Queue() {
		const [ filters, setFilters ] = useState( { state: 'unfinished', page: 1 } );
		const [ busy, setBusy ] = useState( 0 );
		const [ message, say ] = useMessage();
		const route = useRoute( 'operations?' + query( filters ) );
		const retry = ( id ) => {
			setBusy( id );
			say();
			const told = ( answer ) => {
				const good = answer.state === 'ready' || answer.state === 'kept';
				say( good ? 'success' : 'warning', good ? __( 'It worked.', 'kivicare-telemed' ) : [ answer.message, answer.remedy ].filter( Boolean ).join( ' ' ) );
			};
			return call( 'operations/' + id + '/retry', 'POST' ).then( told, ( error ) => say( 'error', error.message ) ).then( route.reload ).then( () => setBusy( 0 ) );
		};
		const options = [ { value: 'unfinished', label: __( 'Unfinished', 'kivicare-telemed' ) } ].concat( [ 'pending', 'parked', 'failed', 'done' ].map( ( value ) => ( { value, label: stateName( value ) } ) ) );
		const heads = [ __( 'Operation', 'kivicare-telemed' ), __( 'Appointment', 'kivicare-telemed' ), __( 'Doctor', 'kivicare-telemed' ), __( 'State', 'kivicare-telemed' ), __( 'Attempts', 'kivicare-telemed' ), __( 'Next try', 'kivicare-telemed' ), __( 'Actions', 'kivicare-telemed' ) ];
		const cells = ( operation ) => [
			( KINDS[ operation.kind ] || operation.kind ) + ' · ' + providerName( operation.provider ),
			'#' + operation.appointment_id,
			operation.doctor || '—',
			el( 'div', null, el( State, { state: operation.state } ), operation.state !== 'done' && el( Reason, { of: operation } ) ),
			operation.attempts,
			operation.state === 'pending' || operation.state === 'parked' ? when( operation.resume_at ) : '—',
			operation.state === 'done'
				? '—'
				/* translators: %d: number of an operation. */
				: el( Button, { variant: 'secondary', isBusy: busy === operation.id, disabled: busy > 0, onClick: () => retry( operation.id ), 'aria-label': sprintf( __( 'Try operation %d again', 'kivicare-telemed' ), operation.id ) }, __( 'Retry', 'kivicare-telemed' ) ),
		];
		return el(
			'div',
			null,
			el( 'h2', null, __( 'Queue', 'kivicare-telemed' ) ),
			el( Loaded, { route, children: ( data ) => el(
				telemed.Fragment,
				null,
				el( Counts, { counts: data.counts } ),
				el( 'div', { className: 'kct-filters' }, el( SelectControl, { __next40pxDefaultSize: true, __nextHasNoMarginBottom: true, label: __( 'State', 'kivicare-telemed' ), value: filters.state, options, onChange: ( state ) => setFilters( { state, page: 1 } ) } ) ),
				message,
				el( Table, { label: __( 'Operations', 'kivicare-telemed' ), heads, rows: data.items.map( ( operation ) => ( { key: operation.id, cells: cells( operation ) } ) ), empty: __( 'Nothing waits.', 'kivicare-telemed' ) } ),
				el( Pager, { page: filters.page, pages: data.pages, total: data.total, onChange: ( page ) => setFilters( Object.assign( {}, filters, { page } ) ) } )
			) } )
		);
	};
} )( window.wp, window.kivicareTelemed );

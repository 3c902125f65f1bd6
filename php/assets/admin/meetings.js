/**
 * Meetings, their repair one by one, and the repair of all.
 */
( function ( wp, telemed ) {
	'use strict';

	const { el, call, query, useRoute, useMessage, Loaded, State, stateName, providerName, Reason, Table, Pager } = telemed;
	const { useRef, useEffect, useState } = wp.element;
	const { Button, SelectControl } = wp.components;
	const { __, sprintf } = wp.i18n;

	const BIG = { __next40pxDefaultSize: true, __nextHasNoMarginBottom: true };

	const STATUS = {
		0: __( 'Cancelled', 'kivicare-telemed' ),
		1: __( 'Booked', 'kivicare-telemed' ),
		2: __( 'Payment pending', 'kivicare-telemed' ),
		3: __( 'Checked out', 'kivicare-telemed' ),
		4: __( 'Checked in', 'kivicare-telemed' ),
	};

	/**
	 * Asks for step after step until nothing is left, the person stops it or leaves the tab.
	 */
	function useRepair( onEnd ) {
		const [ progress, setProgress ] = useState( null );
		const going = useRef( false );
		useEffect( () => () => {
			going.current = false;
		}, [] );
		const step = ( cursor ) => call( 'repair', 'POST', { cursor } ).then( ( answer ) => {
			if ( ! going.current ) {
				return answer;
			}
			setProgress( answer );
			return answer.cursor ? step( answer.cursor ) : answer;
		} );
		const start = () => {
			going.current = true;
			setProgress( { done: 0, total: 0, failed: 0 } );
			step( '' ).then( ( answer ) => onEnd( null, answer, going.current ), ( error ) => onEnd( error ) ).then( () => {
				going.current = false;
				setProgress( null );
			} );
		};
		const stop = () => {
			going.current = false;
		};
		return { progress, start, stop };
	}

	function RepairAll( { onEnd } ) {
		const repair = useRepair( onEnd );
		if ( ! repair.progress ) {
			return el( Button, { variant: 'secondary', onClick: repair.start }, __( 'Repair all', 'kivicare-telemed' ) );
		}
		const { done, total } = repair.progress;
		/* translators: 1: how many are done, 2: how many there are */
		const text = total ? sprintf( __( '%1$d of %2$d appointments looked at', 'kivicare-telemed' ), done, total ) : __( 'Looking for what needs repair…', 'kivicare-telemed' );
		return el(
			'div',
			{ className: 'kct-progress' },
			el( 'label', { htmlFor: 'kct-repair' }, text ),
			el( 'progress', Object.assign( { id: 'kct-repair' }, total ? { value: done, max: total } : {} ) ),
			el( Button, { variant: 'tertiary', onClick: repair.stop }, __( 'Stop', 'kivicare-telemed' ) )
		);
	}

	function Filters( { filters, change } ) {
		const all = { value: '', label: __( 'All', 'kivicare-telemed' ) };
		const select = ( field, label, options ) => el( SelectControl, Object.assign( {}, BIG, { label, value: filters[ field ], onChange: ( value ) => change( { [ field ]: value } ), options: [ all ].concat( options ) } ) );
		return el(
			'div',
			{ className: 'kct-filters' },
			select( 'when', __( 'Time', 'kivicare-telemed' ), [ { value: 'ahead', label: __( 'Ahead', 'kivicare-telemed' ) }, { value: 'past', label: __( 'Past', 'kivicare-telemed' ) } ] ),
			select( 'state', __( 'State', 'kivicare-telemed' ), [ 'ready', 'in_flight', 'pending', 'parked', 'failed' ].map( ( value ) => ( { value, label: stateName( value ) } ) ) ),
			select( 'provider', __( 'Provider', 'kivicare-telemed' ), [ 'zoom', 'googlemeet' ].map( ( value ) => ( { value, label: providerName( value ) } ) ) )
		);
	}

	/**
	 * Whether the visit has no meeting yet and gets it without anybody's help.
	 */
	function follows( meeting ) {
		return meeting.meeting_id === '' && ( meeting.state === 'pending' || meeting.state === 'in_flight' );
	}

	function cells( meeting, repair, busy ) {
		const status = meeting.status === null ? __( 'Deleted', 'kivicare-telemed' ) : STATUS[ meeting.status ] || meeting.status;
		const action = el(
			Button,
			/* translators: %d: number of an appointment. */
			{ variant: 'secondary', isBusy: busy === meeting.appointment_id, disabled: busy > 0, onClick: () => repair( meeting.appointment_id ), 'aria-label': sprintf( __( 'Repair the meeting of appointment %d', 'kivicare-telemed' ), meeting.appointment_id ) },
			__( 'Repair', 'kivicare-telemed' )
		);
		return [
			'#' + meeting.appointment_id,
			el( 'div', null, el( 'span', { dir: 'ltr' }, meeting.start.slice( 0, 16 ) || '—' ), el( 'div', { className: 'kct-small' }, meeting.timezone ) ),
			meeting.doctor || '—',
			providerName( meeting.provider ),
			status,
			el( 'div', null, el( State, { state: follows( meeting ) ? 'follows' : meeting.state } ), el( Reason, { of: meeting } ) ),
		].concat( telemed.screen.canAct ? [ action ] : [] );
	}

	telemed.views.meetings = function Meetings() {
		const [ filters, setFilters ] = useState( { when: 'ahead', state: '', provider: '', page: 1 } );
		const [ busy, setBusy ] = useState( 0 );
		const [ message, say ] = useMessage();
		const route = useRoute( 'meetings?' + query( filters ) );
		const change = ( values ) => setFilters( ( before ) => Object.assign( {}, before, { page: 1 }, values ) );
		const repair = ( id ) => {
			setBusy( id );
			say();
			const told = ( answer ) => {
				const good = answer.state === 'ready' || answer.state === 'kept';
				/* translators: %d: number of an appointment. */
				say( good ? 'success' : 'warning', good ? sprintf( __( 'The meeting of appointment %d is as it should be.', 'kivicare-telemed' ), id ) : [ answer.message, answer.remedy ].filter( Boolean ).join( ' ' ) );
			};
			return call( 'meetings/' + id + '/repair', 'POST' ).then( told, ( error ) => say( 'error', error.message ) ).then( route.reload ).then( () => setBusy( 0 ) );
		};
		const ended = ( error, answer, finished ) => {
			if ( error ) {
				say( 'error', error.message );
			} else {
				/* translators: 1: how many appointments were looked at, 2: how many of them still wait */
				const text = sprintf( __( '%1$d appointments were looked at, %2$d still wait.', 'kivicare-telemed' ), answer.done, answer.failed );
				say( finished && ! answer.failed ? 'success' : 'warning', text );
			}
			route.reload();
		};
		const can = telemed.screen.canAct;
		const heads = [ __( 'Appointment', 'kivicare-telemed' ), __( 'Time', 'kivicare-telemed' ), __( 'Doctor', 'kivicare-telemed' ), __( 'Provider', 'kivicare-telemed' ), __( 'Visit', 'kivicare-telemed' ), __( 'State', 'kivicare-telemed' ) ].concat( can ? [ __( 'Actions', 'kivicare-telemed' ) ] : [] );
		return el(
			'div',
			null,
			el( 'div', { className: 'kct-head' }, el( 'h2', null, __( 'Meetings', 'kivicare-telemed' ) ), can && el( RepairAll, { onEnd: ended } ) ),
			el( Filters, { filters, change } ),
			message,
			el( Loaded, { route, children: ( data ) => el(
				telemed.Fragment,
				null,
				el( Table, { label: __( 'Meetings', 'kivicare-telemed' ), heads, rows: data.items.map( ( meeting ) => ( { key: meeting.appointment_id + meeting.provider, cells: cells( meeting, repair, busy ) } ) ), empty: __( 'No meeting matches.', 'kivicare-telemed' ) } ),
				el( Pager, { page: filters.page, pages: data.pages, total: data.total, onChange: ( page ) => change( { page } ) } )
			) } )
		);
	};
} )( window.wp, window.kivicareTelemed );

/**
 * Parts that the tabs of the screen share. Loaded first; everything hangs on window.kivicareTelemed.
 */
( function ( wp, telemed ) {
	'use strict';

	const { createElement: el, Fragment, useCallback, useEffect, useRef, useState } = wp.element;
	const { Button, Modal, Notice, Spinner } = wp.components;
	const { __, _n, sprintf } = wp.i18n;

	/**
	 * Calls a route of ours. Rejects with an object that has a message for people.
	 */
	function call( path, method, data ) {
		const answer = wp.apiFetch( { path: '/kivicare-telemed/v1/admin/' + path, method: method || 'GET', data: data } );
		// The head of the screen looks again at what it says.
		return method ? answer.finally( () => window.dispatchEvent( new Event( 'kct-changed' ) ) ) : answer;
	}

	function query( values ) {
		const pairs = Object.keys( values ).filter( ( key ) => values[ key ] !== '' );
		return pairs.map( ( key ) => key + '=' + encodeURIComponent( values[ key ] ) ).join( '&' );
	}

	/**
	 * Loads a route, again when it changes. The old data stay while new ones come, so that the table does not jump.
	 */
	function useRoute( path ) {
		const [ result, setResult ] = useState( { data: null, error: null, loading: true } );
		const newest = useRef( 0 );
		const load = useCallback( () => {
			const mine = ++newest.current;
			setResult( ( before ) => ( { data: before.data, error: null, loading: true } ) );
			return call( path ).then(
				( data ) => mine === newest.current && setResult( { data, error: null, loading: false } ),
				( error ) => mine === newest.current && setResult( { data: null, error: error.message || String( error ), loading: false } )
			);
		}, [ path ] );
		useEffect( () => {
			load();
		}, [ load ] );
		// Who asked for a reload may have waited for an answer meanwhile; what counts is what is shown now.
		const shown = useRef( load );
		shown.current = load;
		const reload = useCallback( () => shown.current(), [] );
		return Object.assign( { reload }, result );
	}

	/**
	 * What happened last, shown above a list and read out.
	 */
	function useMessage() {
		const [ message, setMessage ] = useState( null );
		const say = useCallback( ( status, text ) => setMessage( text ? { status, text } : null ), [] );
		const view = message && el( Notice, { status: message.status, onRemove: () => setMessage( null ), className: 'kct-message' }, message.text );
		return [ view, say ];
	}

	function Waiting() {
		return el( 'p', { className: 'kct-waiting' }, el( Spinner ), ' ', __( 'Loading…', 'kivicare-telemed' ) );
	}

	/**
	 * Shows what a route gave, or why it gave nothing.
	 */
	function Loaded( { route, children } ) {
		if ( route.error ) {
			return el( Notice, { status: 'error', isDismissible: false, actions: [ { label: __( 'Try again', 'kivicare-telemed' ), onClick: route.reload } ] }, route.error );
		}
		return route.data ? children( route.data ) : el( Waiting );
	}

	/**
	 * A text that is to be copied into a provider's app.
	 */
	function CopyField( { label, value, help } ) {
		const [ copied, setCopied ] = useState( false );
		const field = useRef( null );
		const id = useRef( 'kct-copy-' + Math.random().toString( 36 ).slice( 2 ) ).current;
		const rows = value.split( '\n' ).length;
		const copy = () => {
			const done = () => {
				setCopied( true );
				wp.a11y.speak( __( 'Copied.', 'kivicare-telemed' ) );
				setTimeout( () => setCopied( false ), 2000 );
			};
			const select = () => {
				field.current.select();
				document.execCommand( 'copy' ) && done();
			};
			// Browsers lend the clipboard to https pages only.
			navigator.clipboard ? navigator.clipboard.writeText( value ).then( done, select ) : select();
		};
		const shared = { id, ref: field, readOnly: true, value, dir: 'ltr', onFocus: () => field.current.select(), 'aria-describedby': help ? id + '-help' : undefined };
		return el(
			'div',
			{ className: 'kct-copy' },
			el( 'label', { htmlFor: id }, label ),
			el(
				'div',
				{ className: 'kct-copy__row' },
				rows > 1 ? el( 'textarea', Object.assign( { rows }, shared ) ) : el( 'input', Object.assign( { type: 'text' }, shared ) ),
				/* translators: %s: name of the field that is copied. */
				el( Button, { variant: 'secondary', onClick: copy, 'aria-label': sprintf( __( 'Copy: %s', 'kivicare-telemed' ), label ) }, copied ? __( 'Copied', 'kivicare-telemed' ) : __( 'Copy', 'kivicare-telemed' ) )
			),
			help && el( 'p', { id: id + '-help', className: 'description' }, help )
		);
	}

	const STATES = {
		healthy: [ 'good', __( 'Healthy', 'kivicare-telemed' ) ],
		expiring: [ 'warn', __( 'Expiring', 'kivicare-telemed' ) ],
		reconnect: [ 'bad', __( 'Needs reconnect', 'kivicare-telemed' ) ],
		revoked: [ 'bad', __( 'Revoked', 'kivicare-telemed' ) ],
		not_connected: [ 'off', __( 'Not connected', 'kivicare-telemed' ) ],
		shared: [ 'good', __( 'Clinic account', 'kivicare-telemed' ) ],
		app: [ 'good', __( 'Own app', 'kivicare-telemed' ) ],
		follows: [ 'warn', __( 'Link follows', 'kivicare-telemed' ) ],
		ready: [ 'good', __( 'Ready', 'kivicare-telemed' ) ],
		done: [ 'good', __( 'Done', 'kivicare-telemed' ) ],
		in_flight: [ 'warn', __( 'In progress', 'kivicare-telemed' ) ],
		pending: [ 'warn', __( 'Waiting', 'kivicare-telemed' ) ],
		parked: [ 'bad', __( 'Parked', 'kivicare-telemed' ) ],
		failed: [ 'bad', __( 'Failed', 'kivicare-telemed' ) ],
	};

	function stateName( state ) {
		return STATES[ state ] ? STATES[ state ][ 1 ] : state;
	}

	function State( { state } ) {
		return el( 'span', { className: 'kct-state kct-state--' + ( STATES[ state ] ? STATES[ state ][ 0 ] : 'off' ) }, stateName( state ) );
	}

	function providerName( id ) {
		return { zoom: 'Zoom', googlemeet: 'Google Meet' }[ id ] || '—';
	}

	/**
	 * What to do about something that does not work, and the technical message, which is English.
	 */
	function Reason( { of } ) {
		if ( ! of.message && ! of.remedy ) {
			return null;
		}
		return el( 'div', { className: 'kct-reason' }, of.remedy && el( 'div', null, of.remedy ), of.message && el( 'div', { className: 'kct-detail', lang: 'en', dir: 'ltr' }, of.message ) );
	}

	/**
	 * A table; on narrow screens each row becomes a block of labelled lines. Roles keep it a table there, too.
	 *
	 * heads are texts, rows are arrays of cells with a key; the first cell names its row.
	 */
	function Table( { label, heads, rows, empty } ) {
		const name = ( cell, i ) => el( i ? 'td' : 'th', { key: i, scope: i ? undefined : 'row', role: i ? 'cell' : 'rowheader', 'data-label': heads[ i ] }, cell );
		return el(
			'table',
			{ className: 'widefat striped kct-table', role: 'table' },
			el( 'caption', { className: 'screen-reader-text' }, label ),
			el( 'thead', { role: 'rowgroup' }, el( 'tr', { role: 'row' }, heads.map( ( head ) => el( 'th', { key: head, scope: 'col', role: 'columnheader' }, head ) ) ) ),
			el(
				'tbody',
				{ role: 'rowgroup' },
				rows.length ? rows.map( ( row ) => el( 'tr', { key: row.key, role: 'row' }, row.cells.map( name ) ) ) : el( 'tr', { role: 'row' }, el( 'td', { colSpan: heads.length, role: 'cell' }, empty ) )
			)
		);
	}

	function Pager( { page, pages, total, onChange } ) {
		/* translators: %d: how many rows a list has. */
		const count = el( 'span', { className: 'kct-pager__count' }, sprintf( _n( '%d item', '%d items', total, 'kivicare-telemed' ), total ) );
		if ( pages <= 1 ) {
			return el( 'div', { className: 'kct-pager' }, count );
		}
		return el(
			'nav',
			{ className: 'kct-pager', 'aria-label': __( 'Pages of the list', 'kivicare-telemed' ) },
			count,
			el( Button, { variant: 'secondary', disabled: page <= 1, onClick: () => onChange( page - 1 ) }, __( 'Previous page', 'kivicare-telemed' ) ),
			/* translators: 1: this page, 2: how many pages */
			el( 'span', { 'aria-current': 'page' }, sprintf( __( 'Page %1$d of %2$d', 'kivicare-telemed' ), page, pages ) ),
			el( Button, { variant: 'secondary', disabled: page >= pages, onClick: () => onChange( page + 1 ) }, __( 'Next page', 'kivicare-telemed' ) )
		);
	}

	/**
	 * A question before something that cannot be taken back.
	 */
	function Confirm( { title, text, action, onConfirm, onClose } ) {
		return el(
			Modal,
			{ title, onRequestClose: onClose, className: 'kct-modal' },
			el( 'p', null, text ),
			el(
				'div',
				{ className: 'kct-buttons' },
				el( Button, { variant: 'primary', isDestructive: true, onClick: onConfirm }, action ),
				el( Button, { variant: 'tertiary', onClick: onClose }, __( 'Cancel', 'kivicare-telemed' ) )
			)
		);
	}

	/**
	 * A UTC time of the database in the reader's words and zone.
	 */
	function when( text ) {
		const time = text ? new Date( text.replace( ' ', 'T' ) + 'Z' ) : null;
		return time && ! isNaN( time ) ? time.toLocaleString( document.documentElement.lang || undefined, { dateStyle: 'medium', timeStyle: 'short' } ) : '—';
	}

	Object.assign( telemed, { el, Fragment, call, query, useRoute, useMessage, Loaded, Waiting, CopyField, State, stateName, providerName, Reason, Table, Pager, Confirm, when, views: {} } );
} )( window.wp, window.kivicareTelemed );

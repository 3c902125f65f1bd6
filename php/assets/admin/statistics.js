/**
 * Statistics: two charts as SVG, and the same numbers as a table for everybody who does not see or trust pictures.
 */
( function ( wp, telemed ) {
	'use strict';

	const { el, useRoute, Loaded, providerName, Table } = telemed;
	const { useState } = wp.element;
	const { SelectControl } = wp.components;
	const { __, sprintf } = wp.i18n;

	const WIDTH = 720;
	const HEIGHT = 200;
	const PAD = { left: 64, right: 8, top: 12, bottom: 28 };
	const INNER = { width: WIDTH - PAD.left - PAD.right, height: HEIGHT - PAD.top - PAD.bottom };

	/**
	 * A round number at or above the highest value, so that the axis reads well.
	 */
	function ceiling( value ) {
		if ( value <= 4 ) {
			return 4;
		}
		const unit = Math.pow( 10, Math.floor( Math.log10( value ) ) );
		return [ 1, 2, 4, 5, 10 ].map( ( step ) => step * unit ).find( ( top ) => top >= value );
	}

	/**
	 * Days with both providers' numbers, or one's.
	 */
	function byDay( rows, provider ) {
		const days = new Map();
		rows.filter( ( row ) => ! provider || row.provider === provider ).forEach( ( row ) => {
			const day = days.get( row.day ) || { day: row.day, made: 0, failed: 0, zoom: null, googlemeet: null };
			day.made += row.made;
			day.failed += row.failed;
			day[ row.provider ] = row.latency_ms;
			days.set( row.day, day );
		} );
		return Array.from( days.values() );
	}

	function Frame( { id, title, text, top, unit, days, children } ) {
		const y = ( value ) => PAD.top + INNER.height * ( 1 - value / top );
		const lines = [ 0, 0.25, 0.5, 0.75, 1 ].map( ( part ) => el(
			'g',
			{ key: part },
			el( 'line', { className: 'kct-grid', x1: PAD.left, x2: WIDTH - PAD.right, y1: y( top * part ), y2: y( top * part ) } ),
			el( 'text', { className: 'kct-tick', x: PAD.left - 6, y: y( top * part ) + 4, textAnchor: 'end' }, Math.round( top * part ) + unit )
		) );
		const labels = days.map( ( day, i ) => ( i % 7 === 0 ? el( 'text', { key: day.day, className: 'kct-tick', x: PAD.left + ( i + 0.5 ) * INNER.width / days.length, y: HEIGHT - 8, textAnchor: i ? 'middle' : 'start' }, day.day.slice( 5 ) ) : null ) );
		return el(
			'svg',
			{ className: 'kct-chart', viewBox: '0 0 ' + WIDTH + ' ' + HEIGHT, role: 'img', 'aria-labelledby': id + '-title ' + id + '-text', direction: 'ltr' },
			el( 'title', { id: id + '-title' }, title ),
			el( 'desc', { id: id + '-text' }, text ),
			lines,
			labels,
			children( y, INNER.width / days.length )
		);
	}

	function Legend( { items } ) {
		return el( 'p', { className: 'kct-legend' }, items.map( ( [ name, label ] ) => el( 'span', { key: name }, el( 'span', { className: 'kct-key kct-key--' + name, 'aria-hidden': true } ), label ) ) );
	}

	function Made( { days } ) {
		const sum = ( field ) => days.reduce( ( total, day ) => total + day[ field ], 0 );
		/* translators: 1: how many meetings were made, 2: how many operations failed, 3: how many days */
		const text = sprintf( __( '%1$d meetings made and %2$d failures in %3$d days.', 'kivicare-telemed' ), sum( 'made' ), sum( 'failed' ), days.length );
		const bars = ( y, step ) => days.map( ( day, i ) => {
			const x = PAD.left + i * step + step * 0.15;
			const bar = ( name, from, value ) => value > 0 && el( 'rect', { className: 'kct-bar kct-bar--' + name, x, width: step * 0.7, y: y( from + value ), height: y( from ) - y( from + value ) } );
			return el( 'g', { key: day.day }, bar( 'made', 0, day.made ), bar( 'failed', day.made, day.failed ) );
		} );
		return el(
			'section',
			null,
			el( 'h3', null, __( 'Meetings made and failures', 'kivicare-telemed' ) ),
			el( 'p', null, text ),
			el( Legend, { items: [ [ 'made', __( 'Made', 'kivicare-telemed' ) ], [ 'failed', __( 'Failed', 'kivicare-telemed' ) ] ] } ),
			el( Frame, { id: 'kct-made', title: __( 'Meetings made and failures', 'kivicare-telemed' ), text, days, unit: '', top: ceiling( Math.max( ...days.map( ( day ) => day.made + day.failed ) ) ), children: bars } )
		);
	}

	function Latency( { days, providers } ) {
		const values = days.flatMap( ( day ) => providers.map( ( provider ) => day[ provider ] ) ).filter( ( value ) => value !== null );
		const text = values.length
			/* translators: 1 and 2: milliseconds */
			? sprintf( __( 'The daily mean is between %1$d and %2$d milliseconds.', 'kivicare-telemed' ), Math.min( ...values ), Math.max( ...values ) )
			: __( 'Nothing was measured yet.', 'kivicare-telemed' );
		const line = ( provider, y, step ) => {
			const points = days.map( ( day, i ) => ( { x: PAD.left + ( i + 0.5 ) * step, value: day[ provider ] } ) ).filter( ( point ) => point.value !== null );
			return el(
				'g',
				{ key: provider },
				el( 'polyline', { className: 'kct-line kct-line--' + provider, points: points.map( ( point ) => point.x + ',' + y( point.value ) ).join( ' ' ) } ),
				points.map( ( point ) => el( 'circle', { key: point.x, className: 'kct-dot kct-dot--' + provider, cx: point.x, cy: y( point.value ), r: 3 } ) )
			);
		};
		return el(
			'section',
			null,
			el( 'h3', null, __( 'Time the provider takes to answer', 'kivicare-telemed' ) ),
			el( 'p', null, text ),
			values.length > 0 && el( Legend, { items: providers.map( ( provider ) => [ provider, providerName( provider ) ] ) } ),
			values.length > 0 && el( Frame, { id: 'kct-latency', title: __( 'Time the provider takes to answer', 'kivicare-telemed' ), text, days, unit: ' ms', top: ceiling( Math.max( 100, ...values ) ), children: ( y, step ) => providers.map( ( provider ) => line( provider, y, step ) ) } )
		);
	}

	function Numbers( { rows } ) {
		const used = rows.filter( ( row ) => row.made || row.failed || row.latency_ms !== null ).reverse();
		const milliseconds = ( value ) => ( value === null ? '—' : value + ' ms' );
		return el( 'section', null, el( 'h3', null, __( 'Numbers', 'kivicare-telemed' ) ), el( Table, {
			label: __( 'Numbers by day and provider', 'kivicare-telemed' ),
			heads: [ __( 'Day (UTC)', 'kivicare-telemed' ), __( 'Provider', 'kivicare-telemed' ), __( 'Made', 'kivicare-telemed' ), __( 'Failed', 'kivicare-telemed' ), __( 'Mean answer', 'kivicare-telemed' ), __( 'Longest answer', 'kivicare-telemed' ) ],
			rows: used.map( ( row ) => ( { key: row.day + row.provider, cells: [ row.day, providerName( row.provider ), row.made, row.failed, milliseconds( row.latency_ms ), milliseconds( row.latency_max_ms ) ] } ) ),
			empty: __( 'Nothing happened in this time.', 'kivicare-telemed' ),
		} ) );
	}

	telemed.views.statistics = function Statistics() {
		const [ provider, setProvider ] = useState( '' );
		const route = useRoute( 'statistics?days=30' );
		const options = [ { value: '', label: __( 'All', 'kivicare-telemed' ) } ].concat( [ 'zoom', 'googlemeet' ].map( ( value ) => ( { value, label: providerName( value ) } ) ) );
		return el(
			'div',
			null,
			el( 'h2', null, __( 'The last 30 days', 'kivicare-telemed' ) ),
			el( 'div', { className: 'kct-filters' }, el( SelectControl, { __next40pxDefaultSize: true, __nextHasNoMarginBottom: true, label: __( 'Provider', 'kivicare-telemed' ), value: provider, options, onChange: setProvider } ) ),
			el( Loaded, { route, children: ( data ) => {
				const days = byDay( data.days, provider );
				return el( 'div', { className: 'kct-stack' }, el( Made, { days } ), el( Latency, { days, providers: provider ? [ provider ] : [ 'zoom', 'googlemeet' ] } ), el( Numbers, { rows: data.days.filter( ( row ) => ! provider || row.provider === provider ) } ) );
			} } )
		);
	};
} )( window.wp, window.kivicareTelemed );

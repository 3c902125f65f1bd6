/**
 * Whom the clinic's Zoom account offers: the choice under Set-up, and what came of it.
 */
( function ( wp, telemed ) {
	'use strict';

	const { el, call, useRoute, useMessage, Loaded } = telemed;
	const { useState } = wp.element;
	const { Button, CheckboxControl, Notice, RadioControl } = wp.components;
	const { __ } = wp.i18n;

	function OfferSetting( { value, set } ) {
		return el( RadioControl, {
			label: __( 'Doctors who are offered', 'kivicare-telemed' ),
			help: __( 'Saving asks Zoom who the doctors are, by the e-mail addresses that they have now. From then on Zoom\'s user counts, whatever becomes of addresses.', 'kivicare-telemed' ),
			selected: value( 'doctors' ),
			onChange: set( 'doctors' ),
			options: [
				{ value: 'all', label: __( 'All, and new ones whom an administrator adds', 'kivicare-telemed' ) },
				{ value: 'present', label: __( 'All there are now', 'kivicare-telemed' ) },
				{ value: 'choice', label: __( 'Those I choose', 'kivicare-telemed' ) },
			],
		} );
	}

	/**
	 * What came of an offer: how many, and who needs something.
	 */
	function OfferReport( { report } ) {
		if ( ! report || ! report.offers || ! report.offers.length ) {
			return null;
		}
		const open = report.offers.filter( ( offer ) => offer.remedy );
		return el(
			Notice,
			{ status: open.length ? 'warning' : 'success', isDismissible: false, className: 'kct-offers' },
			el( 'p', null, report.message.split( open.length ? ' ' + open[ 0 ].name + ':' : '\n' )[ 0 ] ),
			open.length > 0 && el( 'ul', null, open.map( ( offer ) => el( 'li', { key: offer.id }, el( 'strong', null, offer.name ), ' ', offer.remedy ) ) )
		);
	}

	/**
	 * Doctors who are not approved yet, to be ticked.
	 */
	function OfferChoice( { onDone } ) {
		const route = useRoute( 'doctors?per_page=100' );
		const [ chosen, setChosen ] = useState( [] );
		const [ busy, setBusy ] = useState( false );
		const [ message, say ] = useMessage();
		const tick = ( id ) => ( on ) => setChosen( ( before ) => ( on ? before.concat( id ) : before.filter( ( other ) => other !== id ) ) );
		const offer = () => {
			setBusy( true );
			say();
			return call( 'doctors/offer', 'POST', { doctors: chosen } ).then(
				( report ) => {
					setChosen( [] );
					onDone( report );
					return route.reload();
				},
				( error ) => say( 'error', error.message )
			).then( () => setBusy( false ) );
		};
		return el( Loaded, { route, children: ( data ) => {
			const open = data.items.filter( ( doctor ) => ! doctor.zoom_user_id && doctor.via !== 'own' && doctor.via !== 'app' );
			return open.length > 0 && el(
				'fieldset',
				{ className: 'kct-choice' },
				el( 'legend', null, __( 'Doctors without an approved Zoom user', 'kivicare-telemed' ) ),
				open.map( ( doctor ) => el( CheckboxControl, { key: doctor.id, __nextHasNoMarginBottom: true, label: doctor.name + ' (' + doctor.email + ')', help: doctor.offer_remedy, checked: chosen.includes( doctor.id ), onChange: tick( doctor.id ) } ) ),
				message,
				el( Button, { variant: 'secondary', onClick: offer, isBusy: busy, disabled: busy || ! chosen.length }, __( 'Offer the chosen doctors', 'kivicare-telemed' ) )
			);
		} } );
	}

	Object.assign( telemed, { OfferSetting, OfferReport, OfferChoice } );
} )( window.wp, window.kivicareTelemed );

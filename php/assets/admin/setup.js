/**
 * Set-up: how to make the provider's app, what to copy into it, and the credentials it gives.
 */
( function ( wp, telemed ) {
	'use strict';

	const { el, call, useRoute, useMessage, Loaded, CopyField } = telemed;
	const { useState } = wp.element;
	const { Button, Card, CardBody, CardHeader, Notice, RadioControl, SelectControl, TextControl, ToggleControl } = wp.components;
	const { __ } = wp.i18n;

	const BIG = { __next40pxDefaultSize: true, __nextHasNoMarginBottom: true };

	/**
	 * A secret: what is stored shows as a mask and never comes back; what is typed replaces it.
	 */
	function Secret( { label, help, stored, value, onChange, disabled } ) {
		const saved = stored ? __( 'One is saved. Type to replace it; leave empty to keep it.', 'kivicare-telemed' ) : '';
		return el( TextControl, Object.assign( {}, BIG, { type: 'password', label, value, onChange, disabled, autoComplete: 'new-password', placeholder: stored, help: [ help, saved ].filter( Boolean ).join( ' ' ) } ) );
	}

	/**
	 * The form's state: stored settings under what was typed.
	 */
	function useForm( path ) {
		const route = useRoute( path );
		const [ typed, setTyped ] = useState( {} );
		const [ busy, setBusy ] = useState( '' );
		const [ message, say ] = useMessage();
		const [ verdict, setVerdict ] = useState( null );
		const [ report, setReport ] = useState( null );
		const set = ( field ) => ( value ) => setTyped( ( before ) => Object.assign( {}, before, { [ field ]: value } ) );
		const work = ( name, promise, done ) => {
			setBusy( name );
			setVerdict( null );
			say();
			return promise.then( done, ( error ) => say( 'error', error.message ) ).then( () => setBusy( '' ) );
		};
		const save = ( event ) => {
			event.preventDefault();
			return work( 'save', call( path, 'PUT', typed ), ( answer ) => {
				setTyped( {} );
				setReport( answer );
				say( 'success', __( 'The settings are saved.', 'kivicare-telemed' ) );
				return route.reload();
			} );
		};
		const test = () => work( 'test', call( path + '/test', 'POST', typed ), setVerdict );
		return { route, typed, set, save, test, busy, message, verdict, report, setReport };
	}

	function Verdict( { verdict } ) {
		if ( ! verdict ) {
			return null;
		}
		const status = verdict.success ? ( verdict.reason === 'untested' ? 'info' : 'success' ) : 'error';
		return el( Notice, { status, isDismissible: false, className: 'kct-verdict' }, verdict.message );
	}

	function Steps( { children } ) {
		return el( 'ol', { className: 'kct-steps' }, children.filter( Boolean ).map( ( step, i ) => el( 'li', { key: i }, step ) ) );
	}

	/**
	 * A provider's card: steps beside the form.
	 */
	function Provider( { title, form, steps, fields, more } ) {
		return el(
			Card,
			{ className: 'kct-card' },
			el( CardHeader, null, el( 'h2', null, title ) ),
			el(
				CardBody,
				null,
				el( Loaded, { route: form.route, children: ( data ) => {
					const value = ( field ) => ( form.typed[ field ] !== undefined ? form.typed[ field ] : data.settings[ field ] );
					const secret = ( field ) => ( { stored: data.settings[ field ], value: form.typed[ field ] || '', onChange: form.set( field ), disabled: data.locked.includes( field ) } );
					const plain = ( field ) => Object.assign( {}, BIG, { value: value( field ), onChange: form.set( field ), disabled: data.locked.includes( field ) } );
					return el(
						'div',
						{ className: 'kct-setup' },
						el( 'div', { className: 'kct-setup__steps' }, el( 'h3', null, __( 'Steps', 'kivicare-telemed' ) ), steps( data.app, value ) ),
						el(
							'form',
							{ className: 'kct-setup__form', onSubmit: form.save, 'aria-label': title },
							el( 'h3', null, __( 'Credentials', 'kivicare-telemed' ) ),
							data.locked.length > 0 && el( Notice, { status: 'info', isDismissible: false }, __( 'Greyed fields are set by constants in wp-config.php.', 'kivicare-telemed' ) ),
							fields( { value, secret, plain, set: form.set } ),
							form.message,
							el( Verdict, { verdict: form.verdict } ),
							el(
								'div',
								{ className: 'kct-buttons' },
								el( Button, { variant: 'primary', type: 'submit', isBusy: form.busy === 'save', disabled: form.busy !== '' }, __( 'Save', 'kivicare-telemed' ) ),
								el( Button, { variant: 'secondary', onClick: form.test, isBusy: form.busy === 'test', disabled: form.busy !== '' }, __( 'Test connection', 'kivicare-telemed' ) )
							),
							more && more( data.settings )
						)
					);
				} } )
			)
		);
	}

	function zoomSteps( app, value ) {
		const shared = value( 'auth_type' ) === 'server-to-server';
		return el( Steps, null, [
			shared
				? __( 'In the Zoom App Marketplace choose Develop, Build App, and "Server-to-Server OAuth app".', 'kivicare-telemed' )
				: __( 'In the Zoom App Marketplace choose Develop, Build App, and "General app" with user-managed OAuth.', 'kivicare-telemed' ),
			! shared && el( CopyField, { label: __( 'Redirect URL', 'kivicare-telemed' ), value: app.redirect_url, help: __( 'Enter it as OAuth redirect URL and in the allow list.', 'kivicare-telemed' ) } ),
			! shared && el( CopyField, { label: __( 'Landing page', 'kivicare-telemed' ), value: app.landing_url, help: __( 'Where Zoom sends people after "Add"; the page says where to connect.', 'kivicare-telemed' ) } ),
			el( CopyField, { label: __( 'Scopes', 'kivicare-telemed' ), value: ( shared ? app.admin_scopes : app.scopes ).join( '\n' ), help: __( 'Add each of them under Scopes.', 'kivicare-telemed' ) } ),
			el( CopyField, { label: __( 'Webhook URL', 'kivicare-telemed' ), value: app.webhook_url, help: __( 'Enter it under Event subscriptions, and the subscription\'s secret token here.', 'kivicare-telemed' ) } ),
			el( CopyField, { label: __( 'Events', 'kivicare-telemed' ), value: app.events.join( '\n' ), help: __( 'Subscribe to these events.', 'kivicare-telemed' ) } ),
			! shared && el( CopyField, { label: __( 'Deauthorization URL', 'kivicare-telemed' ), value: app.deauthorization_url, help: __( 'Zoom calls it when a doctor removes the app.', 'kivicare-telemed' ) } ),
			shared
				? __( 'Activate the app, copy its account ID, client ID and client secret into the form, and test them.', 'kivicare-telemed' )
				: __( 'Copy client ID and client secret into the form and save. Then invite the doctors to connect.', 'kivicare-telemed' ),
		] );
	}

	function zoomFields( { value, secret, plain, set } ) {
		const type = value( 'auth_type' );
		return el(
			telemed.Fragment,
			null,
			el( RadioControl, {
				label: __( 'How doctors are served', 'kivicare-telemed' ),
				selected: type,
				onChange: set( 'auth_type' ),
				options: [
					{ value: 'oauth', label: __( 'Each doctor connects their own Zoom account (OAuth)', 'kivicare-telemed' ) },
					{ value: 'server-to-server', label: __( 'One Zoom account of the clinic (server-to-server)', 'kivicare-telemed' ) },
					{ value: 'none', label: __( 'Zoom is off', 'kivicare-telemed' ) },
				],
			} ),
			type === 'server-to-server' && el( TextControl, Object.assign( { label: __( 'Account ID', 'kivicare-telemed' ), autoComplete: 'off' }, plain( 'account_id' ) ) ),
			type !== 'none' && el( TextControl, Object.assign( { label: __( 'Client ID', 'kivicare-telemed' ), autoComplete: 'off' }, plain( 'client_id' ) ) ),
			type !== 'none' && el( Secret, Object.assign( { label: __( 'Client secret', 'kivicare-telemed' ) }, secret( 'client_secret' ) ) ),
			type !== 'none' && el( Secret, Object.assign( { label: __( 'Webhook secret token', 'kivicare-telemed' ), help: __( 'Of the event subscription.', 'kivicare-telemed' ) }, secret( 'webhook_secret' ) ) ),
			type === 'server-to-server' && el( telemed.OfferSetting, { value, set } ),
			el( ToggleControl, {
				__nextHasNoMarginBottom: true,
				label: __( 'Personal links for patients', 'kivicare-telemed' ),
				help: __( 'Patients get a link of this site that works for them and their visit only, instead of Zoom\'s.', 'kivicare-telemed' ),
				checked: value( 'personal_links' ) === 'Yes',
				onChange: ( on ) => set( 'personal_links' )( on ? 'Yes' : 'No' ),
			} )
		);
	}

	function googleSteps( app ) {
		return el( Steps, null, [
			__( 'In the Google Cloud console enable the "Google Calendar API" under APIs & Services.', 'kivicare-telemed' ),
			__( 'Set up the consent screen and publish it: in status "Testing" every connection ends after 7 days.', 'kivicare-telemed' ),
			el( CopyField, { label: __( 'Application home page', 'kivicare-telemed' ), value: app.landing_url, help: __( 'Enter it on the consent screen.', 'kivicare-telemed' ) } ),
			el( CopyField, { label: __( 'Scope', 'kivicare-telemed' ), value: app.scopes.join( '\n' ), help: __( 'Add it under Data access.', 'kivicare-telemed' ) } ),
			__( 'Create an OAuth client of type "Web application" under Credentials.', 'kivicare-telemed' ),
			el( CopyField, { label: __( 'Redirect URL', 'kivicare-telemed' ), value: app.redirect_url, help: __( 'Enter it under Authorised redirect URIs.', 'kivicare-telemed' ) } ),
			el( CopyField, { label: __( 'Push URL', 'kivicare-telemed' ), value: app.push_url, help: __( 'Google reports calendar changes there. Nothing to enter; it must be reachable by https from outside.', 'kivicare-telemed' ) } ),
			__( 'Copy client ID and client secret into the form, save and test. Then invite the doctors to connect.', 'kivicare-telemed' ),
		] );
	}

	function googleFields( { value, secret, plain, set } ) {
		return el(
			telemed.Fragment,
			null,
			el( ToggleControl, { __nextHasNoMarginBottom: true, label: __( 'Google Meet is on', 'kivicare-telemed' ), checked: value( 'enableCal' ) === 'Yes', onChange: ( on ) => set( 'enableCal' )( on ? 'Yes' : 'No' ) } ),
			el( TextControl, Object.assign( { label: __( 'Client ID', 'kivicare-telemed' ), autoComplete: 'off' }, plain( 'client_id' ) ) ),
			el( Secret, Object.assign( { label: __( 'Client secret', 'kivicare-telemed' ) }, secret( 'client_secret' ) ) ),
			el( TextControl, Object.assign( { label: __( 'Name of the app', 'kivicare-telemed' ) }, plain( 'app_name' ) ) ),
			el( SelectControl, Object.assign( {
				label: __( 'Invitations that Google mails', 'kivicare-telemed' ),
				options: [
					{ value: 'none', label: __( 'None: KiviCare mails the patient', 'kivicare-telemed' ) },
					{ value: 'externalOnly', label: __( 'To guests outside the organisation', 'kivicare-telemed' ) },
					{ value: 'all', label: __( 'To all guests', 'kivicare-telemed' ) },
				],
			}, plain( 'send_updates' ) ) ),
			el( TextControl, Object.assign( { type: 'number', min: 0, max: 40320, label: __( 'Reminder for the doctor, minutes before', 'kivicare-telemed' ), help: __( 'Empty: the calendar\'s own reminders.', 'kivicare-telemed' ) }, plain( 'reminder_minutes' ) ) )
		);
	}

	/**
	 * What saving a clinic-wide app came to, and the doctors who are still to be chosen.
	 */
	function zoomOffers( form ) {
		return ( settings ) => settings.auth_type === 'server-to-server' && settings.account_id && el(
			telemed.Fragment,
			null,
			el( telemed.OfferReport, { report: form.report } ),
			el( telemed.OfferChoice, { key: settings.account_id, onDone: form.setReport } )
		);
	}

	telemed.views.setup = function Setup() {
		const zoom = useForm( 'settings/zoom' );
		const google = useForm( 'settings/googlemeet' );
		return el(
			'div',
			{ className: 'kct-stack' },
			el( Provider, { title: 'Zoom', form: zoom, steps: zoomSteps, fields: zoomFields, more: zoomOffers( zoom ) } ),
			el( Provider, { title: 'Google Meet', form: google, steps: googleSteps, fields: googleFields } )
		);
	};
} )( window.wp, window.kivicareTelemed );

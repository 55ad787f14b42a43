<?php

/**
 * Plugin Name: Notes for Data Machine
 * Requires Plugins: data-machine
 */

use DataMachine\Core\OAuth\BaseOAuth2Provider;

add_filter('datamachine_connections_catalogue', static fn (array $providers): array => $providers + ['notes' => [
    'name' => 'Notes',
    'auth' => ['oauth2'],
    'members' => ['expires_at' => ['token_expires_at'], 'scopes' => ['scope'], 'remote_id' => ['user_id'],
        'display_name' => ['username']],
    'use' => ['access_token', 'user_id'],
    'secrets' => ['access_token', 'refresh_token'],
    'operations' => ['read' => ['notes.read'], 'publish' => ['notes.write']],
    'refresh' => ['grant' => 'refresh_token', 'spends' => 'refresh_token', 'rotates' => true],
]]);
add_filter('datamachine_auth_providers', static fn (array $providers): array => $providers + [
    'notes' => new class ('notes') extends BaseOAuth2Provider {
        public function get_config_fields(): array
        {
            return ['client_id' => ['label' => 'Client ID'], 'client_secret' => ['label' => 'Client Secret']];
        }

        protected function do_refresh_token(string $current_token): array|WP_Error|null
        {
            $answer = wp_remote_post(NOTES_TOKEN_URL, ['body' => $this->get_config() + [
                'grant_type' => 'refresh_token',
                'refresh_token' => $this->get_account()['refresh_token'] ?? '',
            ]]);
            $tokens = json_decode(wp_remote_retrieve_body($answer), true);
            return isset($tokens['access_token'])
                ? $tokens + ['expires_at' => time() + $tokens['expires_in']]
                : new WP_Error($tokens['error'] ?? 'none', '', ['status' => wp_remote_retrieve_response_code($answer)]);
        }
    },
]);

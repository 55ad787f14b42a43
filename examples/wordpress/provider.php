<?php

/** Plugin Name: Notes for Data Machine */

add_filter('datamachine_connections_catalogue', static fn (array $providers): array => $providers + ['notes' => [
    'name' => 'Notes', 'auth' => ['oauth2'], 'secrets' => ['access_token', 'refresh_token'],
    'members' => ['expires_at' => ['token_expires_at'], 'scopes' => ['scope'], 'remote_id' => ['user_id'],
        'display_name' => ['username']],
    'use' => ['access_token', 'user_id'],
    'operations' => ['read' => ['notes.read'], 'publish' => ['notes.write']],
    'refresh' => ['grant' => 'refresh_token', 'spends' => 'refresh_token', 'rotates' => true],
]]);
add_filter('datamachine_auth_providers', static fn (array $providers): array => $providers + [
    'notes' => new class ('notes') extends DataMachine\Core\OAuth\BaseOAuth2Provider {
        public function get_config_fields(): array
        {
            return ['client_id' => ['label' => 'Client ID'], 'client_secret' => ['label' => 'Client Secret']];
        }
        public function get_authorization_url(): string
        {
            $asks = ['client_id' => $this->get_config()['client_id'] ?? '', 'scope' => 'notes.read notes.write'];
            return $this->oauth2->get_authorization_url(NOTES_AUTH_URL, $asks + $this->build_auth_url_params());
        }
        public function handle_oauth_callback()
        {
            $code = ['grant_type' => 'authorization_code', 'code' => $_GET['code'] ?? ''];
            $sends = $this->get_config() + $code + ['redirect_uri' => $this->get_callback_url()];
            $told = static fn (array $tokens): array => $tokens + ['token_expires_at' => time() + $tokens['expires_in']];
            return $this->oauth2->handle_callback('notes', NOTES_TOKEN_URL, $sends, $told, null, $this->save_account(...));
        }
        protected function do_refresh_token(string $current_token): array|WP_Error|null
        {
            $spends = ['grant_type' => 'refresh_token', 'refresh_token' => $this->get_account()['refresh_token'] ?? ''];
            $answer = wp_remote_post(NOTES_TOKEN_URL, ['body' => $this->get_config() + $spends]);
            $tokens = json_decode(wp_remote_retrieve_body($answer), true);
            return isset($tokens['access_token']) ? $tokens + ['expires_at' => time() + $tokens['expires_in']]
                : new WP_Error($tokens['error'] ?? 'none', '', ['status' => wp_remote_retrieve_response_code($answer)]);
        }
    },
]);

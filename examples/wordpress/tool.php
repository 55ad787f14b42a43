<?php

/** Plugin Name: A tool that posts notes */
add_filter('datamachine_resolved_tools', static function (array $tools, string $mode, array $context): array {
    $wants = ['post_note' => ['provider' => 'notes', 'operations' => ['publish']]];
    $can = datamachine_connections_can_each($wants, $context);
    return array_filter($tools, static fn (string $name): bool => $can[$name] ?? true, ARRAY_FILTER_USE_KEY);
}, 10, 3);

function post_note(array $parameters): array
{
    $notes = datamachine_connections_acquire('notes', ['operations' => ['publish']]);
    if (!$notes?->allowed) {
        return ['success' => false, 'error' => $notes->decision->message ?? 'The connections cannot be reached.'];
    }
    $headers = ['Authorization' => "Bearer {$notes->get('access_token')}"];
    wp_remote_post(NOTES_URL, ['headers' => $headers, 'body' => $parameters['text']]);
    return ['success' => true];
}

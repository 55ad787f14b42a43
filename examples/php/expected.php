<?php

/**
 * What the demo compares with: the accounts and configs of an expected-NAME.json.
 */

declare(strict_types=1);

/**
 * Every account and config that the vault has to hand out: not the empty ones, not the provider whose plug-in is gone.
 *
 * @return iterable<array{kind: string, provider: string, owner: string, account: string, document: object}>
 */
function expectedDocuments(object $option): iterable
{
    foreach ($option as $provider => $entry) {
        if ($provider === 'gone_provider') {
            continue;
        }
        foreach (['site:0' => $entry, ...(array) ($entry->principals ?? [])] as $owner => $slots) {
            foreach (['config' => $slots->config ?? null, 'account' => $slots->account ?? null] as $kind => $document) {
                if (is_object($document)) {
                    yield compact('kind', 'provider', 'owner', 'document') + ['account' => 'default'];
                }
            }
            foreach ((array) ($slots->accounts ?? []) as $account => $document) {
                yield ['kind' => 'account', 'account' => (string) $account] + compact('provider', 'owner', 'document');
            }
        }
    }
}

/** As the library and Data Machine encode it. */
function encoded(mixed $value): string
{
    return json_encode($value, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION);
}

/**
 * The planted secrets in a document, at any depth.
 *
 * @return list<string>
 */
function secretsOf(mixed $value): array
{
    if (is_string($value)) {
        return str_starts_with($value, 'fake-') ? [$value] : [];
    }
    $found = [];
    foreach (is_iterable($value) || is_object($value) ? $value : [] as $member) {
        array_push($found, ...secretsOf($member));
    }
    return $found;
}

/**
 * Every value of an option by its place, the envelopes opened as the old plug-in does: with openssl, nothing of ours.
 *
 * @param array<array-key, mixed> $option
 *
 * @return array<string, mixed>
 */
function readByTheOldRules(array $option, string $salt, string $above = ''): array
{
    $key = hash('sha256', $salt . 'datamachine-oauth', true);
    $found = [];
    foreach ($option as $name => $value) {
        if (is_array($value) && $value !== []) {
            $found += readByTheOldRules($value, $salt, "{$above}/{$name}");
            continue;
        }
        if (is_string($value) && preg_match('~^dm:enc:v1:([^:]+):([^:]+):([^:]+)$~', $value, $parts) === 1) {
            [, $iv, $tag, $sealed] = array_map(base64_decode(...), $parts);
            $opened = openssl_decrypt($sealed, 'aes-256-gcm', $key, OPENSSL_RAW_DATA, $iv, $tag);
            $value = $opened === false ? $value : $opened;
        }
        $found["{$above}/{$name}"] = $value;
    }
    return $found;
}

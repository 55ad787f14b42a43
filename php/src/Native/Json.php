<?php

declare(strict_types=1);

namespace DataMachine\Connections\Native;

use DataMachine\Connections\Exception\InvalidArgumentException;
use DataMachine\Connections\Exception\InvalidDocumentException;

/**
 * JSON in the form that the library exchanges.
 *
 * `JSON_THROW_ON_ERROR` is not used: the trace of such an exception holds the arguments of `json_encode()`, and so the
 * document.
 *
 * @internal
 */
final class Json
{
    private const FLAGS = JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION;

    /**
     * @param array<array-key, mixed> $value
     *
     * @throws InvalidDocumentException where JSON cannot hold the value; the message never quotes it
     */
    public static function encode(#[\SensitiveParameter] array $value): string
    {
        try {
            $json = json_encode($value, self::FLAGS);
            $problem = json_last_error_msg();
        } catch (\Throwable $thrown) {
            // Thrown by a JsonSerializable inside. Its trace runs through json_encode(), so it is not passed on.
            $json = false;
            $problem = get_class($thrown) . ' was thrown by an object in it';
        }
        if ($json === false) {
            throw new InvalidDocumentException("The array cannot be written as JSON: {$problem}.");
        }
        return $json;
    }

    /**
     * The same for what is no document: arguments and options.
     *
     * @param array<array-key, mixed> $options
     *
     * @throws InvalidArgumentException where JSON cannot hold the value; the message never quotes it
     */
    public static function options(array $options): string
    {
        try {
            return self::encode($options);
        } catch (InvalidDocumentException $refused) {
            throw new InvalidArgumentException($refused->getMessage());
        }
    }

    /**
     * @return array<array-key, mixed>
     *
     * @throws InvalidDocumentException where it is no JSON object or list; the message never quotes it
     */
    public static function decode(#[\SensitiveParameter] string $json): array
    {
        $value = json_decode($json, true);
        if (!is_array($value)) {
            $problem = json_last_error() === JSON_ERROR_NONE ? 'a single value' : json_last_error_msg();
            throw new InvalidDocumentException("This is no JSON object: {$problem}.");
        }
        return $value;
    }
}

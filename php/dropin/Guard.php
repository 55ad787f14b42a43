<?php

declare(strict_types=1);

namespace DataMachine\Connections\Dropin;

use DataMachine\Connections\Dropin\Guard\Cache;
use DataMachine\Connections\Dropin\Guard\Comparison;
use DataMachine\Connections\Dropin\Guard\FileReader;
use DataMachine\Connections\Dropin\Guard\FileShape;
use DataMachine\Connections\Dropin\Guard\Kind;
use DataMachine\Connections\Dropin\Guard\Missing;
use DataMachine\Connections\Dropin\Guard\ProcessCache;
use DataMachine\Connections\Dropin\Guard\Unreadable;
use DataMachine\Connections\Dropin\Guard\Verdict;

/**
 * Says whether a class file of ours may stand in for one of Data Machine's: whether it declares all that theirs does.
 *
 * A class that lacks a method which newer code calls, or declares it otherwise than a child overrides it, is a fatal
 * error on a whole site. So both files are read as tokens, and what cannot be read or understood is a no. Neither file
 * is loaded, and nothing here needs FFI.
 */
final class Guard
{
    /** Of the files in Guard/, see rules(): part of each cached answer's key. GuardTest says when it is stale. */
    public const RULES = '5acfcad9573dbd460c72329dcbcb491d';

    /** A class file is some 50 kB; tokens take a hundred times that in memory. */
    private const MOST_BYTES = 1_048_576;

    public function __construct(private readonly Cache $cache = new ProcessCache())
    {
    }

    /**
     * @param string       $theirs the class file that is installed
     * @param string       $ours   the one that would be loaded instead
     * @param list<string> $parts  files with the traits and parents that ours is made of: their members count
     */
    public function compare(string $theirs, string $ours, array $parts = []): Verdict
    {
        try {
            $code = array_map(self::contents(...), [$theirs, $ours, ...array_values($parts)]);
        } catch (Unreadable $reason) {
            return self::refusal($reason);
        }
        $key = self::key($code);
        $cached = Verdict::fromJson($this->cache->read($key) ?? '');
        if ($cached !== null) {
            return $cached;
        }
        $verdict = self::judge($code);
        $this->cache->write($key, $verdict->toJson());
        return $verdict;
    }

    /**
     * What RULES has to be: reading all files of the guard would cost each request more than the cache saves.
     */
    public static function rules(): string
    {
        $files = glob(__DIR__ . '/Guard/*.php') ?: [];
        return hash('xxh128', implode("\0", array_map(static fn (string $file) => file_get_contents($file), $files)));
    }

    /**
     * @param list<string> $code
     */
    private static function judge(array $code): Verdict
    {
        $shapes = [];
        foreach ($code as $at => $text) {
            try {
                $shapes[] = (new FileReader($text))->read();
            } catch (Unreadable $reason) {
                // Not by its path: the answer is kept for these bytes, wherever they lie.
                $which = ['their file', 'our file'][$at] ?? 'a part of ours';
                return self::refusal(new Unreadable("{$which} is not understood: {$reason->getMessage()}"));
            }
        }
        $theirs = array_shift($shapes);
        $ours = array_shift($shapes);
        return new Verdict((new Comparison($theirs, $ours->assembled($shapes)))->missing);
    }

    /**
     * The hash is no cryptographic one: who can change these files runs code here anyway. The version of PHP counts,
     * because its parser says what can be read.
     *
     * @param list<string> $code
     */
    private static function key(array $code): string
    {
        return implode('-', [self::RULES, PHP_VERSION_ID, ...array_map(
            static fn (string $text): string => hash('xxh128', $text),
            $code
        )]);
    }

    private static function contents(string $file): string
    {
        // Without the warning: the reason is in the answer.
        $code = is_file($file) ? @file_get_contents($file, length: self::MOST_BYTES + 1) : false;
        if ($code === false) {
            throw new Unreadable(is_file($file) ? "{$file} cannot be read" : "{$file} is no file");
        }
        if (strlen($code) > self::MOST_BYTES) {
            throw new Unreadable("{$file} is larger than " . self::MOST_BYTES . ' bytes');
        }
        return $code;
    }

    private static function refusal(Unreadable $reason): Verdict
    {
        return new Verdict([new Missing(Kind::File, '', $reason->getMessage())]);
    }
}

<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\Refreshing;

/**
 * What befalls a fifth of those who were granted a lease, at a moment by chance.
 */
final class Danger
{
    private const MOMENTS = [
        'nothing' => [],
        'stops' => ['before', 'after'],
        // The answer is there and nobody has read it; it was read; it is being stored, or was.
        'kills' => ['before', 'unread', 'after', 'storing'],
    ];

    /** Whether it was met already, by who looks now. */
    public bool $over = false;
    private string $moment = '';

    public function __construct(private readonly string $name)
    {
    }

    /** A lease was granted. */
    public function begins(): void
    {
        $moments = self::MOMENTS[$this->name];
        $this->moment = $moments === [] || $this->over || mt_rand(0, 4) > 0
            ? ''
            : $moments[mt_rand(0, count($moments) - 1)];
    }

    public function isAt(string $moment): bool
    {
        return $this->moment === $moment;
    }

    /** Comes back only from a stop. */
    public function passes(string $moment): void
    {
        if (!$this->isAt($moment)) {
            return;
        }
        $this->over = true;
        $this->moment = '';
        if ($this->name === 'stops') {
            self::say("stops {$moment}");
            posix_kill(getmypid(), SIGSTOP);
            return;
        }
        self::say("dies {$moment}");
        posix_kill(getmypid(), SIGKILL);
    }

    /** At that moment or some milliseconds later: when, nobody here can say. */
    public function comesSoon(string $moment): void
    {
        if (!$this->isAt($moment)) {
            return;
        }
        self::say("dies {$moment}");
        exec(sprintf('(sleep 0.%04d; kill -9 %d) >/dev/null 2>&1 &', mt_rand(0, 100), getmypid()));
    }

    /** Waits for what comes soon. */
    public function waits(string $moment): void
    {
        while ($this->isAt($moment)) {
            sleep(1);
        }
    }

    public static function say(string $what): void
    {
        fwrite(STDOUT, "@ {$what}\n");
    }
}

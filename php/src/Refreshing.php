<?php

declare(strict_types=1);

namespace DataMachine\Connections;

use DataMachine\Connections\Exception\BusyException;
use DataMachine\Connections\Exception\ConnectionsException;
use DataMachine\Connections\Exception\InvalidArgumentException;
use DataMachine\Connections\Exception\LeaseLostException;
use DataMachine\Connections\Native\Handle;
use DataMachine\Connections\Native\Json;
use DataMachine\Connections\Native\Library;
use DataMachine\Connections\Native\Stack;

/**
 * Renews tokens: takes the lease, asks the callable, stores what it brought.
 *
 * The lease is a handle of the library's: whatever becomes of the callable (an exception, `exit`, a fatal error, the
 * time limit), it is closed at the latest when the script ends, and then it is given up.
 *
 * @SuppressWarnings(PHPMD.UnusedPrivateMethod) they are called of objects that are not $this
 *
 * @internal
 */
final class Refreshing
{
    /** For how long a commit is tried while others hold the store: what it brings is the only good token. */
    private const COMMIT_SECONDS = 60;

    /**
     * @var array<string, self> whose callables are running, by the connection's id. Held here and not in a frame only:
     *                          after a fatal error PHP frees what its frames held, without destructors
     */
    private static array $running = [];

    private readonly ?\Fiber $fiber;

    private function __construct(private readonly Handle $lease)
    {
        $this->fiber = \Fiber::getCurrent();
    }

    /**
     * @param \Closure(RefreshRequest): mixed $http
     */
    public static function run(
        Handle $store,
        ConnectionInfo $connection,
        #[\SensitiveParameter] \Closure $http,
        string $options,
    ): Refreshed {
        self::refuseWithin($connection->id);
        $row = [$connection->provider, $connection->owner, $connection->account];
        [$lease, $told, $document, $config] = Library::grant('dm_refresh_begin', [$store, ...$row, $options], 3);
        $told = Json::decode($told);
        if ($lease === null) {
            $stored = $document === '' ? null : new Connection($told['about'], Document::fromJson($document));
            return new Refreshed(RefreshOutcome::from($told['outcome']), $stored, $told);
        }
        self::$running[$connection->id] = $refreshing = new self($lease);
        try {
            $request = self::request($lease, $told, $document, $config);
            $told = $refreshing->renewed($request, $http);
        } finally {
            unset(self::$running[$connection->id]);
            $lease->close();
        }
        $outcome = RefreshOutcome::from($told['outcome']);
        $stored = $outcome === RefreshOutcome::Dead ? null : Connection::read($store, $row);
        return new Refreshed($outcome, $stored, $told);
    }

    /**
     * A connection is not renewed within its own renewal.
     */
    private static function refuseWithin(string $id): void
    {
        $refreshing = self::$running[$id] ?? null;
        if ($refreshing?->runs()) {
            throw new InvalidArgumentException(
                'This connection is being renewed by the callable that now asks for that, and would wait for itself.'
                . ' Let it use what it was given.'
            );
        }
        // Its callable ended the script, and a shutdown function goes on.
        $refreshing?->lease->close();
    }

    /** Whether the callable is at it; in another fiber, which may stand still, it is. */
    private function runs(): bool
    {
        return \Fiber::getCurrent() !== $this->fiber || Stack::has($this, 'asked');
    }

    /**
     * @param array<string, mixed> $told
     */
    private static function request(
        Handle $lease,
        array $told,
        #[\SensitiveParameter] string $document,
        #[\SensitiveParameter] string $config,
    ): RefreshRequest {
        try {
            return new RefreshRequest($told, $document, $config);
        } catch (\Throwable $thrown) {
            // Nothing was handed in: the next one need not wonder.
            Library::call('dm_refresh_release', [$lease]);
            throw $thrown;
        }
    }

    /**
     * @param \Closure(RefreshRequest): mixed $http
     *
     * @return array<string, mixed> what the library says, and `outcome`
     */
    private function renewed(RefreshRequest $request, #[\SensitiveParameter] \Closure $http): array
    {
        try {
            return $this->settled($request, $this->asked($request, $http));
        } catch (\Throwable $thrown) {
            try {
                $this->failed(RefreshFailure::unanswered());
            } catch (ConnectionsException) {
                // What was thrown first is told. The lease is given up when it is closed.
            }
            throw $thrown;
        }
    }

    /**
     * @param \Closure(RefreshRequest): mixed $http
     *
     * @return array<array-key, mixed>|RefreshFailure
     */
    private function asked(RefreshRequest $request, #[\SensitiveParameter] \Closure $http): array|RefreshFailure
    {
        $answer = $http($request);
        if ($answer instanceof RefreshFailure || (is_array($answer) && $answer !== [] && !array_is_list($answer))) {
            return $answer;
        }
        throw new InvalidArgumentException(
            'The callable has to return the members of the account that are new, by their names, or a RefreshFailure; '
            . (is_array($answer) ? 'an array without names' : get_debug_type($answer)) . ' is neither.'
        );
    }

    /**
     * @param array<array-key, mixed>|RefreshFailure $answer
     *
     * @return array<string, mixed> what the library says, and `outcome`
     */
    private function settled(RefreshRequest $request, #[\SensitiveParameter] array|RefreshFailure $answer): array
    {
        try {
            if ($answer instanceof RefreshFailure) {
                return $this->failed($answer);
            }
            $told = $this->committed(Json::encode($answer), Json::options($request->commitOptions()));
            return ['outcome' => RefreshOutcome::Refreshed->value] + $told;
        } catch (LeaseLostException) {
            return ['outcome' => RefreshOutcome::Fresh->value, 'cause' => 'lease_lost'];
        }
    }

    /**
     * @return array<string, mixed>
     */
    private function failed(RefreshFailure $failure): array
    {
        return Library::json('dm_refresh_fail', [$this->lease, Json::options($failure->toArray())]);
    }

    /**
     * @return array<string, mixed>
     */
    private function committed(#[\SensitiveParameter] string $patch, string $options): array
    {
        $until = hrtime(true) + self::COMMIT_SECONDS * 1_000_000_000;
        while (true) {
            try {
                return Library::json('dm_refresh_commit', [$this->lease, $patch, $options]);
            } catch (BusyException $busy) {
                if (hrtime(true) > $until) {
                    throw $busy;
                }
                usleep(random_int(10_000, 50_000));
            }
        }
    }
}

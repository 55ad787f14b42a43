<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\Window;

use DataMachine\Connections\Dropin\Failures;
use DataMachine\Connections\Dropin\Refusal;
use DataMachine\Connections\Dropin\Running;
use DataMachine\Connections\Dropin\Runtime;
use DataMachine\Connections\Mode;

/**
 * The option as the vault has it: built when it is read, taken apart into the rows that changed when it is written.
 *
 * @internal
 */
final class Window extends Served
{
    /** What some of Data Machine's classes seal beside its list, which is for all of them. */
    public const FIELDS = ['email_imap' => ['imap_password'], 'http_basic' => ['password']];

    private readonly Handed $handed;
    /** @var array<array-key, mixed> what was built last */
    private array $built = [];
    /** The vault's write count of then; -1 where nothing was built. */
    private int $writes = -1;

    public function __construct(OptionRow $row)
    {
        parent::__construct($row);
        $this->handed = new Handed();
    }

    protected function content(): array
    {
        $content = $this->guarded(function (): array {
            $all = $this->built();
            return Running::asks() && Runtime::mode() === Mode::Enforce ? Permitted::of($all) : $all;
        }, []);
        $this->handed->remember($content);
        return $content;
    }

    protected function isEmpty(): bool
    {
        return $this->guarded(fn (): bool => $this->built() === [], false);
    }

    protected function store(#[\SensitiveParameter] array $value): bool
    {
        return $this->guarded(function () use ($value): bool {
            // First what can fail without anything having happened.
            $this->row->ensure();
            $base = $this->handed->base($value);
            Runtime::vault()->writeOption(serialize($base), serialize($value), [Runtime::salt()]);
            $this->handed->remember($value);
            $this->writes = -1;
            return true;
        }, false);
    }

    protected function clear(): bool
    {
        return $this->guarded(function (): bool {
            Runtime::vault()->writeOption(null, serialize([]), [Runtime::salt()]);
            $this->writes = -1;
            return true;
        }, false);
    }

    protected function refused(string $what): void
    {
        $reason = new Refusal('not_the_option', "To the old option was written {$what}: that was refused.");
        Failures::log(OptionRow::OPTION, $reason);
    }

    /**
     * @return array<array-key, mixed>
     */
    private function built(): array
    {
        $vault = Runtime::vault();
        if ($this->writes !== $vault->writes()) {
            $export = $vault->exportLegacy(Runtime::salt(), fields: self::FIELDS, leaveOut: true);
            [$this->built, $this->writes] = [$export->toArray(), $export->report->writes];
        }
        return $this->built;
    }

    /**
     * @template T
     * @param \Closure(): T $do
     *
     * @return T
     */
    private function guarded(#[\SensitiveParameter] \Closure $do, mixed $otherwise): mixed
    {
        return Failures::guard(OptionRow::OPTION, $do, $otherwise);
    }

    /**
     * @return array<string, mixed>
     */
    public function __debugInfo(): array
    {
        return ['writes' => $this->writes, 'handed' => $this->handed];
    }
}

<?php

declare(strict_types=1);

namespace DataMachine\Connections\Dropin\Guard;

/**
 * What two files differ in, as far as it matters to who loads ours in place of theirs.
 *
 * @internal
 */
final class Comparison
{
    private const ABSENT = 'ours does not declare it';

    /** @var list<Missing> */
    public readonly array $missing;

    public function __construct(FileShape $theirs, FileShape $ours)
    {
        $missing = $theirs->classes === [] ? [new Missing(Kind::File, '', 'their file declares no class')] : [];
        foreach ($theirs->classes as $key => $class) {
            $own = $ours->classes[$key] ?? null;
            array_push($missing, ...($own === null
                ? [new Missing(Kind::ClassLike, $class->name, self::ABSENT)]
                : [...self::declarations($class, $own), ...self::members($class, $own)]));
        }
        foreach ($theirs->functions as $key => $function) {
            array_push($missing, ...self::member($function, $ours->functions[$key] ?? null, ''));
        }
        foreach (array_diff($theirs->constants, $ours->constants) as $name) {
            $missing[] = new Missing(Kind::GlobalConstant, $name, self::ABSENT);
        }
        foreach (array_diff($theirs->statements, $ours->statements) as $statement) {
            $begin = strlen($statement) > 60 ? substr($statement, 0, 60) . ' ...' : $statement;
            $missing[] = new Missing(Kind::Statement, $begin, 'our file does not run it when it is loaded');
        }
        $this->missing = $missing;
    }

    /**
     * How the class itself is declared.
     *
     * @return list<Missing>
     */
    private static function declarations(ClassShape $theirs, ClassShape $ours): array
    {
        $missing = [];
        foreach (self::forms($theirs, $ours) as $reason) {
            $missing[] = new Missing(Kind::ClassLike, $theirs->name, $reason);
        }
        if ($theirs->parent !== null && !self::haveOneParent($theirs, $ours)) {
            $missing[] = new Missing(Kind::ParentClass, $theirs->parent, "{$theirs->name} does not extend it");
        }
        foreach (array_udiff($theirs->interfaces, $ours->interfaces, strcasecmp(...)) as $interface) {
            $missing[] = new Missing(Kind::InterfaceName, $interface, "{$theirs->name} does not name it");
        }
        foreach (array_udiff($theirs->traits, $ours->traits, strcasecmp(...)) as $trait) {
            $reason = "what {$theirs->name} has from it does not show, and ours does not use the same";
            $missing[] = new Missing(Kind::TraitName, $trait, $reason);
        }
        return $missing;
    }

    /**
     * @return list<string>
     */
    private static function forms(ClassShape $theirs, ClassShape $ours): array
    {
        $reasons = [];
        if ($theirs->form !== $ours->form) {
            $reasons[] = "theirs is declared as {$theirs->form}, ours as {$ours->form}";
        }
        foreach (array_diff($ours->modifiers, $theirs->modifiers) as $modifier) {
            $reasons[] = "ours is {$modifier}, theirs is not";
        }
        // A child is readonly where its parent is and nowhere else; not to be abstract or final does no harm.
        foreach (array_intersect(array_diff($theirs->modifiers, $ours->modifiers), ['readonly']) as $modifier) {
            $reasons[] = "theirs is {$modifier}, ours is not";
        }
        return $reasons;
    }

    /**
     * @return list<Missing>
     */
    private static function members(ClassShape $theirs, ClassShape $ours): array
    {
        $missing = [];
        foreach ($theirs->members as $key => $member) {
            if ($member->visibility !== 'private') {
                $own = $ours->members[$key] ?? $ours->inherited[$key] ?? null;
                array_push($missing, ...self::member($member, $own, "{$theirs->name}::"));
            }
        }
        // What both have from one parent is compared where that is.
        $further = $ours->members + (self::haveOneParent($theirs, $ours) ? [] : $ours->inherited);
        foreach (array_diff_key($further, $theirs->members) as $own) {
            if ($own->is('abstract')) {
                $reason = 'only ours declares it, abstract: no child has it';
                $missing[] = new Missing($own->kind, "{$theirs->name}::{$own->name}", $reason);
            }
        }
        return $missing;
    }

    private static function haveOneParent(ClassShape $theirs, ClassShape $ours): bool
    {
        return strcasecmp($theirs->parent ?? '', $ours->parent ?? '') === 0;
    }

    /**
     * @return list<Missing>
     */
    private static function member(Member $theirs, ?Member $ours, string $prefix): array
    {
        $reasons = $ours === null ? [self::ABSENT] : MemberComparison::reasons($theirs, $ours);
        return array_map(
            static fn (string $reason): Missing => new Missing($theirs->kind, $prefix . $theirs->name, $reason),
            $reasons
        );
    }
}

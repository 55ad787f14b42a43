<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\Dropin;

use DataMachine\Connections\Tests\Process;

/**
 * Processes beside each other, none of which loses another's work.
 */
final class ConcurrencyTest extends DropinTestCase
{
    public function testEachSavesItsOwnProvider(): void
    {
        $slugs = ['twitter', 'facebook', 'reddit', 'instagram', 'threads', 'linkedin', 'pinterest', 'youtube'];
        $this->together(array_map(static fn (string $slug): string => "
            \$provider = new Providers\\Plain('{$slug}');
            for (\$i = 1; \$i <= \$times; \$i++) {
                \$provider->save_site_account(['n' => \$i]) || exit('A save failed.');
                \$provider->get_site_account() === ['n' => \$i] || exit('A save was lost.');
            }", $slugs));
        foreach ($slugs as $slug) {
            self::assertSame(['n' => self::size(10, 100)], self::provider($slug)->get_site_account());
        }
    }

    public function testEachUpdatesItsOwnMember(): void
    {
        // Nothing is there at first: one of them makes it, and the others lay theirs over it.
        $this->together(array_map(static fn (int $who): string => "
            \$provider = new Providers\\Plain('reddit');
            for (\$i = 1; \$i <= \$times; \$i++) {
                \$provider->update_account_for_user(\$i, ['n{$who}' => \$i]) || exit('An update failed.');
                \$provider->get_account_for_user(\$i)['n{$who}'] === \$i || exit('An update was lost.');
            }", range(1, 6)));
        for ($i = 1; $i <= self::size(10, 100); $i++) {
            $account = (array) self::provider('reddit')->get_account_for_user($i);
            ksort($account);
            self::assertSame(['n1' => $i, 'n2' => $i, 'n3' => $i, 'n4' => $i, 'n5' => $i, 'n6' => $i], $account);
        }
    }

    public function testOneOfThemGetsAName(): void
    {
        $said = $this->together(array_map(static fn (int $who): string => "
            \$provider = new Providers\\Plain('reddit');
            for (\$i = 1; \$i <= \$times; \$i++) {
                echo \$provider->save_named_account(\"name\$i\", ['of' => {$who}], 'user', {$who}) ? 1 : 0;
            }", range(1, 5)), '~^[01]+$~D');
        $saved = array_sum(array_map(static fn (string $bits): int => substr_count($bits, '1'), $said));
        self::assertSame(self::size(10, 100), $saved);
        self::assertCount(1, self::provider('reddit')->find_named_accounts('name7'));
    }

    /**
     * Runs codes at the same time; `$times` is how often each is to do it.
     *
     * @param list<string> $codes
     *
     * @return list<string> what they printed
     */
    private function together(array $codes, string $expected = '~^$~D'): array
    {
        $times = self::size(10, 100);
        // Made before, so that they do not wait for each other to make it.
        $this->open();
        $begin = $this->directory . '/begin';
        $wait = 'while (!file_exists(' . var_export($begin, true) . ')) { usleep(1000); clearstatcache(); }';
        $processes = array_map(
            fn (string $code): Process => $this->process("\$times = {$times}; {$wait} {$code}"),
            $codes
        );
        touch($begin);
        $said = array_map(static fn (Process $process): string => $process->wait(), $processes);
        foreach ($said as $one) {
            self::assertMatchesRegularExpression($expected, $one);
        }
        return $said;
    }
}

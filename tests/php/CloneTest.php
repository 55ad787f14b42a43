<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests;

use DataMachine\Connections\Exception\ClonedSiteException;
use DataMachine\Connections\Exception\InvalidArgumentException;
use DataMachine\Connections\Exception\SiteMismatchException;
use DataMachine\Connections\Keys;
use DataMachine\Connections\Options;
use DataMachine\Connections\Vault;

/**
 * A copy of the site, with a copy of its store.
 */
final class CloneTest extends VaultTestCase
{
    private const STAGING = 'https://staging.example.org';

    protected function setUp(): void
    {
        parent::setUp();
        $this->open()->save('reddit', 'user:1', ['access_token' => 'fake']);
    }

    public function testACloneReadsAndSavesAndKnowsWhatItIs(): void
    {
        $clone = Vault::open(new Options($this->place(), self::STAGING, Keys::raw(self::KEY), clone: true));
        self::assertSame('fake', $clone->get('reddit', 'user:1')->document->get('access_token'));
        $clone->merge('reddit', 'user:1', ['n' => 1]);
        self::assertCount(1, $clone->find());
        self::assertSame([self::SITE, true], [$clone->info()->site, $clone->info()->clone]);

        // The site itself may say the same, and is no clone.
        $live = $this->open(['clone' => true]);
        self::assertSame([self::SITE, false], [$live->info()->site, $live->info()->clone]);
        self::assertSame(['access_token' => 'fake', 'n' => 1], $live->get('reddit', 'user:1')->document->toArray());
        self::assertThrows(SiteMismatchException::class, fn () => $this->open(['site' => self::STAGING]));
    }

    public function testACloneToBeReadIsNotChanged(): void
    {
        $clone = $this->open(['site' => self::STAGING, 'clone' => 'read']);
        self::assertSame('fake', $clone->get('reddit', 'user:1')->document->get('access_token'));
        $writes = $clone->writes();
        $thrown = self::assertThrows(ClonedSiteException::class, static fn () => $clone->delete('reddit', 'user:1'));
        self::assertStringContainsString('Nothing is changed in it from here', $thrown->getMessage());
        self::assertSame($writes, $clone->writes());
    }

    public function testAnAdoptedStoreIsTheOtherSites(): void
    {
        $live = $this->open();
        $said = $this->elsewhere(
            '$adopted = $vault->adopt(); echo "{$adopted->before} {$adopted->site}";
            $again = $vault->adopt(); echo " {$again->before}";',
            ['site' => self::STAGING, 'clone' => true]
        );
        self::assertSame(self::SITE . ' ' . self::STAGING . ' ' . self::STAGING, $said);

        // What was open goes on reading, and says what it is.
        self::assertNotNull($live->get('reddit', 'user:1'));
        self::assertTrue($live->info()->clone);
        self::assertThrows(SiteMismatchException::class, static fn () => $live->adopt());
        $thrown = self::assertThrows(SiteMismatchException::class, fn () => $this->open());
        self::assertStringContainsString('belongs to ' . self::STAGING, $thrown->getMessage());

        $staging = $this->open(['site' => self::STAGING]);
        self::assertFalse($staging->info()->clone);
        $records = [...$staging->audit()->query(['event' => 'adopted'])];
        self::assertCount(1, $records);
        self::assertSame(['site' => self::STAGING, 'site_was' => self::SITE], $records[0]->details);
        self::assertTrue($staging->audit()->verify()->ok);

        // And back again, by who says that it looks at a copy.
        self::assertSame(self::STAGING, $this->open(['clone' => true])->adopt()->before);
        self::assertFalse($this->open()->info()->clone);
    }

    public function testACloneIsAYesOrANoOrToBeRead(): void
    {
        foreach ([1, 'write', [], null] as $wrong) {
            $open = fn () => $this->open(['clone' => $wrong]);
            $thrown = self::assertThrows(InvalidArgumentException::class, $open);
            self::assertStringContainsString('clone has to be true, false or "read"', $thrown->getMessage());
        }
    }
}

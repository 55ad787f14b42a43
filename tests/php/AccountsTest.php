<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests;

use DataMachine\Connections\Connection;
use DataMachine\Connections\ConnectionInfo;
use DataMachine\Connections\Exception\ConflictException;
use DataMachine\Connections\Exception\InvalidTransitionException;
use DataMachine\Connections\Exception\NotFoundException;
use DataMachine\Connections\Keys;
use DataMachine\Connections\Options;
use DataMachine\Connections\OwnerClass;
use DataMachine\Connections\Query;
use DataMachine\Connections\SaveOptions;
use DataMachine\Connections\Status;
use DataMachine\Connections\Vault;

final class AccountsTest extends VaultTestCase
{
    public function testWhatIsSavedIsRead(): void
    {
        $vault = $this->open();
        self::assertNull($vault->get('reddit', 'user:12'));
        $saved = $vault->save('reddit', 'user:12', ['access_token' => 'fake-a', 'username' => 'u']);
        self::assertTrue($saved->created);
        self::assertNull($saved->replaced);
        self::assertSame(Status::Active, $saved->status);
        self::assertSame(OwnerClass::Personal, $saved->ownerClass);
        self::assertSame([], $saved->superseded);

        $connection = $vault->get('reddit', 'user:12');
        self::assertInstanceOf(Connection::class, $connection);
        self::assertSame($saved->id, $connection->id);
        self::assertSame($saved->revision, $connection->revision);
        self::assertSame(['reddit', 'user:12', 'default'], [
            $connection->provider,
            $connection->owner,
            $connection->account,
        ]);
        self::assertSame(['access_token' => 'fake-a', 'username' => 'u'], $connection->document->toArray());
        self::assertSame('fake-a', $connection->document->get('access_token'));
        self::assertNull($connection->document->get('absent'));
        self::assertSame([OwnerClass::Personal, Status::Active], [$connection->ownerClass, $connection->status]);
        self::assertEqualsWithDelta(time(), $connection->connectedAt, 5);
        self::assertSame($connection->connectedAt, $connection->updatedAt);
        self::assertNull($connection->lastUsedAt);
        self::assertTrue($connection->integrity);
    }

    public function testAnotherProcessReadsIt(): void
    {
        $this->open()->save('youtube', 'site:0', ['access_token' => 'fake-a']);
        $read = $this->elsewhere('echo $vault->get("youtube", "site:0")->document->toJson();');
        self::assertSame('{"access_token":"fake-a"}', $read);
    }

    public function testOptionsMayBeAnObject(): void
    {
        $options = new Options($this->place(), self::SITE, Keys::raw(self::KEY), patienceMs: 2000);
        Vault::open($options)->save('x', 'site:0', ['a' => 1]);
        self::assertSame(['a' => 1], $this->open()->get('x', 'site:0')?->document->toArray());
    }

    public function testObjectsSayWhatArraysSay(): void
    {
        $keys = Keys::raw(self::KEY);
        $objects = [
            [new Options('/p', 's', $keys, '/k', 'id', false, '/r', 5, ['providers' => []]), [
                'path' => '/p', 'site' => 's', 'keys' => $keys, 'key_file' => '/k', 'store_id' => 'id',
                'create' => false, 'document_root' => '/r', 'patience_ms' => 5, 'catalogue' => ['providers' => []],
            ]],
            [new SaveOptions(0, 'r', 'd', [], Status::Active, 0), [
                'if_revision' => 0, 'remote_id' => 'r', 'display_name' => 'd', 'scopes' => [], 'status' => 'active',
                'expires_at' => 0,
            ]],
            [new SaveOptions(replace: true), ['replace' => true]],
            [new Query('p', 'o', 'a', 'r', Status::Error, 0, 1, 'n'), [
                'provider' => 'p', 'owner' => 'o', 'account' => 'a', 'remote_id' => 'r', 'status' => 'error',
                'expiring_before' => 0, 'limit' => 1, 'after' => 'n',
            ]],
            [new Options('/p', 's'), ['path' => '/p', 'site' => 's']],
            [new SaveOptions(), []],
            [new Query(), []],
        ];
        foreach ($objects as [$object, $array]) {
            self::assertSame($array, $object->toArray());
        }
    }

    public function testACatalogueOfOnesOwn(): void
    {
        $members = ['remote_id' => ['my_id'], 'expires_at' => ['my_end']];
        $entry = ['name' => 'Mine', 'auth' => ['token'], 'members' => $members];
        $entry += ['use' => ['my_token'], 'secrets' => ['my_token']];
        $vault = $this->open(['catalogue' => ['providers' => ['mine' => $entry]]]);
        $vault->save('mine', 'user:1', ['my_id' => 'abc', 'my_end' => 2_000_000_000]);
        $connection = $vault->get('mine', 'user:1');
        self::assertSame(['abc', 2_000_000_000], [$connection?->remoteId, $connection?->expiresAt]);
        self::assertSame('Mine', $vault->status('mine')['mine']->name);
    }

    public function testAccountsOfOneOwnerAreSeparate(): void
    {
        $vault = $this->open();
        $vault->save('mastodon', 'site:0', ['n' => 1]);
        $vault->save('mastodon', 'site:0', ['n' => 2], 'second');
        $vault->save('mastodon', 'user:1', ['n' => 3]);
        self::assertSame(1, $vault->get('mastodon', 'site:0')?->document->get('n'));
        self::assertSame(2, $vault->get('mastodon', 'site:0', 'second')?->document->get('n'));
        self::assertSame(3, $vault->get('mastodon', 'user:1')?->document->get('n'));
        self::assertNull($vault->get('mastodon', 'user:2'));
    }

    public function testMergeReplacesInPlaceAndAppends(): void
    {
        $vault = $this->open();
        $saved = $vault->save('reddit', 'user:1', ['a' => 1, 'b' => ['x' => 1, 'y' => 2], 'c' => 3]);
        $merged = $vault->merge('reddit', 'user:1', ['d' => null, 'b' => ['x' => 9]]);
        self::assertSame([$saved->id, $saved->revision + 1], [$merged->id, $merged->revision]);
        self::assertFalse($merged->created);
        self::assertSame(
            '{"a":1,"b":{"x":9},"c":3,"d":null}',
            $vault->get('reddit', 'user:1')?->document->toJson()
        );
        self::assertThrows(NotFoundException::class, static fn () => $vault->merge('reddit', 'user:2', ['a' => 1]));
    }

    public function testDeletingTwiceIsFine(): void
    {
        $vault = $this->open();
        $id = $vault->save('reddit', 'user:1', ['a' => 1])->id;
        $receipt = $vault->delete('reddit', 'user:1');
        self::assertTrue($receipt->deleted);
        self::assertSame($id, $receipt->id);
        self::assertNotSame('', $receipt->note);
        self::assertNull($vault->get('reddit', 'user:1'));
        self::assertFalse($vault->delete('reddit', 'user:1')->deleted);
    }

    public function testARevisionThatMovedIsTold(): void
    {
        $vault = $this->open();
        $old = $vault->save('reddit', 'user:1', ['n' => 1], options: ['if_revision' => 0])->revision;
        $new = $vault->save('reddit', 'user:1', ['n' => 2], options: new SaveOptions(ifRevision: $old))->revision;
        $actions = [
            static fn () => $vault->save('reddit', 'user:1', ['n' => 3], options: ['if_revision' => $old]),
            static fn () => $vault->save('reddit', 'user:1', ['n' => 3], options: ['if_revision' => 0]),
            static fn () => $vault->merge('reddit', 'user:1', ['n' => 3], options: ['if_revision' => $old]),
            static fn () => $vault->delete('reddit', 'user:1', ifRevision: $old),
        ];
        foreach ($actions as $action) {
            self::assertSame($new, self::assertThrows(ConflictException::class, $action)->revision());
        }
        self::assertSame(2, $vault->get('reddit', 'user:1')?->document->get('n'));
        self::assertTrue($vault->delete('reddit', 'user:1', ifRevision: $new)->deleted);
    }

    public function testAnExclusiveNameIsOneOwnersOnly(): void
    {
        $vault = $this->open();
        $exclusive = new SaveOptions(exclusiveName: true);
        $vault->save('reddit', 'site:0', ['n' => 1], 'press', $exclusive);
        $vault->save('reddit', 'site:0', ['n' => 2], 'press', ['exclusive_name' => true]);
        foreach ([$exclusive, ['exclusive_name' => true]] as $options) {
            $taken = self::assertThrows(
                ConflictException::class,
                static fn () => $vault->save('reddit', 'user:1', ['n' => 3], 'press', $options),
            );
            self::assertSame(['site:0', null], [$taken->holder(), $taken->revision()]);
            self::assertStringContainsString('site:0', $taken->getMessage());
        }
        self::assertNull($vault->get('reddit', 'user:1', 'press'));
        self::assertTrue($vault->save('reddit', 'user:1', ['n' => 3], 'press')->created);
    }

    public function testARowMadeAnewIsNotTakenForTheOneBefore(): void
    {
        $vault = $this->open();
        $seen = [];
        for ($n = 1; $n <= 3; $n++) {
            $seen[] = $vault->save('reddit', 'user:1', ['n' => $n])->revision;
            $vault->delete('reddit', 'user:1');
        }
        $vault->save('reddit', 'user:1', ['n' => 'new']);
        foreach ($seen as $revision) {
            self::assertThrows(
                ConflictException::class,
                static fn () => $vault->save('reddit', 'user:1', ['n' => 4], options: ['if_revision' => $revision])
            );
        }
        self::assertSame('new', $vault->get('reddit', 'user:1')?->document->get('n'));
    }

    public function testAnotherRemoteAccountIsRefusedUnlessItIsToTakeThePlace(): void
    {
        $vault = $this->open();
        $first = $vault->save('reddit', 'user:1', ['n' => 1], options: ['remote_id' => 't2_one']);
        $same = $vault->save('reddit', 'user:1', ['n' => 2], options: ['remote_id' => 't2_one']);
        $unknown = $vault->save('reddit', 'user:1', ['n' => 3]);
        self::assertSame([$first->id, $first->id], [$same->id, $unknown->id]);
        $refused = [
            static fn () => $vault->save('reddit', 'user:1', ['n' => 4], options: ['remote_id' => 't2_two']),
            static fn () => $vault->merge('reddit', 'user:1', ['username' => 't2_two']),
        ];
        foreach ($refused as $write) {
            $conflict = self::assertThrows(ConflictException::class, $write);
            self::assertSame(['remote_id' => 't2_two', 'present' => 't2_one'], $conflict->detail());
            self::assertSame(['t2_one', null, null], [
                $conflict->otherAccount(),
                $conflict->holder(),
                $conflict->revision(),
            ]);
        }
        self::assertSame(3, $vault->get('reddit', 'user:1')?->document->get('n'));
        $options = new SaveOptions(remoteId: 't2_two', replace: true);
        $other = $vault->save('reddit', 'user:1', ['n' => 4], options: $options);
        self::assertNotSame($first->id, $other->id);
        self::assertSame($first->id, $other->replaced);
        self::assertSame('t2_two', $vault->get('reddit', 'user:1')?->remoteId);
        self::assertCount(1, $vault->find());
    }

    public function testWhatIsSaidWithASaveIsKept(): void
    {
        $vault = $this->open();
        $end = time() + 3600;
        $vault->save('reddit', 'site:3', ['a' => 1], options: new SaveOptions(
            remoteId: 't2_abc',
            displayName: 'Grüße',
            scopes: ['submit', 'read'],
            status: Status::Pending,
            expiresAt: $end,
        ));
        $connection = $vault->get('reddit', 'site:3');
        self::assertNotNull($connection);
        self::assertSame('t2_abc', $connection->remoteId);
        self::assertSame('Grüße', $connection->displayName);
        self::assertEqualsCanonicalizing(['read', 'submit'], $connection->scopes);
        self::assertSame(Status::Pending, $connection->status);
        self::assertSame($end, $connection->expiresAt);
        self::assertSame(OwnerClass::Service, $connection->ownerClass);

        // An array can say null.
        $vault->save('reddit', 'site:3', ['a' => 1], options: ['expires_at' => null]);
        $connection = $vault->get('reddit', 'site:3');
        self::assertNull($connection?->expiresAt);
        self::assertSame([Status::Active, 't2_abc'], [$connection?->status, $connection?->remoteId]);
    }

    public function testStatusFollowsItsTransitions(): void
    {
        $vault = $this->open();
        $vault->save('reddit', 'user:1', ['a' => 1]);
        $answer = $vault->setStatus('reddit', 'user:1', Status::NeedsReauth, cause: 'invalid_grant');
        self::assertSame([Status::NeedsReauth, 'invalid_grant'], [$answer->status, $answer->statusCause]);
        $connection = $vault->get('reddit', 'user:1');
        self::assertSame([Status::NeedsReauth, 'invalid_grant'], [$connection?->status, $connection?->statusCause]);
        self::assertSame($answer->revision, $connection?->revision);
        self::assertThrows(
            InvalidTransitionException::class,
            static function () use ($vault): void {
                $vault->setStatus('reddit', 'user:1', Status::Revoked);
                $vault->setStatus('reddit', 'user:1', Status::Active);
            }
        );
        self::assertThrows(
            NotFoundException::class,
            static fn () => $vault->setStatus('reddit', 'user:2', Status::Expired)
        );
    }

    public function testEachFilterFinds(): void
    {
        $vault = $this->open();
        $soon = time() + 60;
        $vault->save('reddit', 'user:1', ['a' => 1], options: ['remote_id' => 'r1', 'expires_at' => $soon]);
        $vault->save('reddit', 'user:2', ['a' => 1], 'second', ['remote_id' => 'r2', 'expires_at' => $soon + 600]);
        $vault->save('youtube', 'user:1', ['a' => 1], options: new SaveOptions(status: Status::Pending));
        $vault->save('x', 'site:0', ['a' => 1], options: ['expires_at' => time() - 60]);
        $found = static function (Query|array $query) use ($vault): array {
            $names = [];
            foreach ($vault->find($query) as $connection) {
                self::assertInstanceOf(ConnectionInfo::class, $connection);
                self::assertNotInstanceOf(Connection::class, $connection);
                $names[] = "{$connection->provider} {$connection->owner} {$connection->account}";
            }
            sort($names);
            return $names;
        };
        self::assertCount(4, $found([]));
        self::assertSame(['reddit user:1 default', 'reddit user:2 second'], $found(['provider' => 'reddit']));
        self::assertSame(['reddit user:1 default', 'youtube user:1 default'], $found(new Query(owner: 'user:1')));
        self::assertSame(['reddit user:2 second'], $found(['account' => 'second']));
        self::assertSame(['reddit user:1 default'], $found(new Query(remoteId: 'r1')));
        self::assertSame(['youtube user:1 default'], $found(['status' => Status::Pending]));
        self::assertSame(['x site:0 default'], $found(new Query(status: Status::Expired)));
        self::assertSame(
            ['reddit user:1 default', 'x site:0 default'],
            $found(new Query(expiringBefore: $soon + 1))
        );
        self::assertSame(['youtube user:1 default'], $found(new Query(provider: 'youtube', owner: 'user:1')));
        self::assertSame([], $found(['provider' => 'absent']));
    }

    public function testPagesCoverEverythingOnce(): void
    {
        $vault = $this->open();
        for ($user = 1; $user <= 7; $user++) {
            $vault->save('reddit', "user:{$user}", ['a' => 1]);
        }
        $page = $vault->find(['limit' => 3]);
        self::assertCount(3, $page);
        self::assertNotNull($page->next);
        $ids = $owners = [];
        foreach ($vault->all(new Query(limit: 3)) as $connection) {
            $ids[] = $connection->id;
            $owners[] = $connection->owner;
        }
        $sorted = $ids;
        sort($sorted);
        self::assertSame($sorted, $ids);
        // Ids made within one millisecond have no order among themselves.
        sort($owners);
        self::assertSame(array_map(static fn (int $user) => "user:{$user}", range(1, 7)), $owners);
        self::assertNull($vault->find(['limit' => 7])->next);
    }

    public function testStatusSaysWhatIsConnected(): void
    {
        $vault = $this->open();
        $vault->configs()->save('reddit', 'site:0', ['client_id' => 'fake']);
        $vault->save('reddit', 'user:1', ['a' => 1]);
        $vault->save('reddit', 'user:2', ['a' => 1], options: new SaveOptions(status: Status::Pending));
        $past = time() - 1;
        $vault->save('twitter', 'user:2', ['a' => 1], options: new SaveOptions(expiresAt: $past));
        $all = $vault->status();
        self::assertSame(['reddit', 'twitter'], array_keys($all));
        self::assertSame('Reddit', $all['reddit']->name);
        self::assertTrue($all['reddit']->configured);
        self::assertTrue($all['reddit']->connected);
        self::assertSame(['active' => 1, 'pending' => 1], $all['reddit']->statuses);
        self::assertNull($all['reddit']->nextExpiry);
        self::assertFalse($all['twitter']->configured);
        self::assertFalse($all['twitter']->connected);
        self::assertSame(1, $all['twitter']->count(Status::Expired));
        self::assertSame(0, $all['twitter']->count(Status::Active));
        self::assertSame($past, $all['twitter']->nextExpiry);
        $one = $vault->status('reddit', 'user:2');
        self::assertSame(['reddit'], array_keys($one));
        self::assertSame(['pending' => 1], $one['reddit']->statuses);
        self::assertFalse($one['reddit']->connected);
        // One that is asked for by name is told of even where it has nothing.
        $none = $vault->status('youtube')['youtube'];
        self::assertSame([false, false, []], [$none->configured, $none->connected, $none->statuses]);
    }

    public function testAppConfigsAreTheirOwn(): void
    {
        $vault = $this->open();
        $configs = $vault->configs();
        self::assertNull($configs->get('reddit', 'site:0'));
        $vault->save('reddit', 'site:0', ['is' => 'account']);
        $first = $configs->save('reddit', 'site:0', ['client_id' => 'fake-id', 'client_secret' => 'fake']);
        $configs->merge('reddit', 'site:0', ['client_secret' => 'fake-2'], ['if_revision' => $first->revision]);
        $config = $configs->get('reddit', 'site:0');
        self::assertNotNull($config);
        self::assertSame('{"client_id":"fake-id","client_secret":"fake-2"}', $config->document->toJson());
        self::assertSame([$first->id, $first->revision + 1], [$config->id, $config->revision]);
        self::assertSame([Status::Active, OwnerClass::Service], [$config->status, $config->ownerClass]);
        self::assertSame('account', $vault->get('reddit', 'site:0')?->document->get('is'));

        $configs->save('youtube', 'user:3', ['client_id' => 'fake']);
        $page = $configs->find(['provider' => 'reddit']);
        self::assertCount(1, $page);
        self::assertSame($config->id, $page->rows[0]->id);
        self::assertCount(2, $configs->find());
        self::assertTrue($configs->delete('reddit', 'site:0')->deleted);
        self::assertFalse($configs->delete('reddit', 'site:0')->deleted);
        self::assertNotNull($vault->get('reddit', 'site:0'));
    }

    public function testInfoCounts(): void
    {
        $vault = $this->open();
        $before = $vault->info();
        $vault->save('reddit', 'user:1', ['a' => 1]);
        $vault->configs()->save('reddit', 'site:0', ['a' => 1]);
        $info = $vault->info();
        self::assertSame(self::SITE, $info->site);
        self::assertEqualsWithDelta(time(), $info->createdAt, 5);
        self::assertStringStartsWith($this->place(), $info->path);
        self::assertStringStartsWith('sqlite', strtolower($info->engine));
        self::assertSame(3, $info->schema);
        self::assertNull($info->keyFile);
        self::assertSame([1, 1, 0], [$info->connections, $info->configs, $info->kept]);
        self::assertSame($before->writes + 2, $info->writes);
        self::assertSame('primary', $info->keys[0]->status);
        self::assertTrue($info->keys[0]->loaded);
        $again = $this->open(['store_id' => $info->storeId]);
        self::assertSame($info->storeId, $again->info()->storeId);
    }
}

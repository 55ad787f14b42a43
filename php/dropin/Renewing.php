<?php

declare(strict_types=1);

namespace DataMachine\Connections\Dropin;

use DataMachine\Connections\Exception\InvalidHandleException;
use DataMachine\Connections\Native\Stack;
use DataMachine\Connections\RefreshFailure;
use DataMachine\Connections\RefreshRequest;
use DataMachine\Core\OAuth\BaseOAuth2Provider;

/**
 * A provider's class is asked for new tokens of one account, and while it answers, that is *the* account: what it reads
 * by `get_account()` and writes by `save_account()`, whoever owns it.
 *
 * @internal
 */
final class Renewing
{
    /** What the class threw. */
    public ?\Throwable $thrown = null;
    /** What went wrong in its words, without secrets; null where nothing did. */
    public ?string $error = null;
    private bool $asked = false;
    private ?RefreshRequest $request = null;

    private readonly string $slug;

    public function __construct(
        public readonly BaseOAuth2Provider $provider,
        private readonly string $owner,
        private readonly string $account,
    ) {
        $this->slug = $provider->get_provider_slug();
    }

    /**
     * For Vault::refresh().
     *
     * @return array<string, mixed>|RefreshFailure
     */
    public function answer(RefreshRequest $request): array|RefreshFailure
    {
        $this->asked = true;
        $this->request = $request;
        Storage::begins($this);
        try {
            $answer = new Answer($request, $this->ask(Answer::handedIn($request)));
        } catch (\Throwable $thrown) {
            $this->thrown = $thrown;
            throw $thrown;
        } finally {
            Storage::ended($this);
            $this->request = null;
        }
        $this->error = $answer->error();
        return $answer->result();
    }

    /**
     * @return array<string, mixed>|\WP_Error|null
     */
    private function ask(#[\SensitiveParameter] string $token): array|\WP_Error|null
    {
        // It is protected, and a child's. No reflection: a trace would show what that is called with.
        $ask = fn (#[\SensitiveParameter] string $token) => $this->do_refresh_token($token);
        return \Closure::bind($ask, $this->provider, BaseOAuth2Provider::class)($token);
    }

    /**
     * @return array{string, string} owner and account name
     */
    public function place(): array
    {
        return [$this->owner, $this->account];
    }

    /**
     * Whether it is of that account.
     */
    public function is(string $provider, string $owner, string $account): bool
    {
        return [$this->slug, $this->owner, $this->account] === [$provider, $owner, $account];
    }

    /**
     * Whether the class is answering, and is what asks now. After `exit` or a fatal error it is neither, though nothing
     * said that it ended; nor is it while a fiber in which it answers stands still.
     */
    public function runs(): bool
    {
        return Stack::has($this, 'answer');
    }

    /**
     * The class saved the account itself.
     */
    public function savedAs(int $revision): void
    {
        $this->request?->savedAs($revision);
    }

    /**
     * What is to be thrown in place of what was: a vault that has to be opened again makes it all begin anew, which
     * would hand in the same token twice.
     */
    public function instead(\Throwable $thrown): \Throwable
    {
        if (!$this->asked || !$thrown instanceof InvalidHandleException) {
            return $thrown;
        }
        $message = 'the store was closed while the provider was asked for new tokens. They may not be stored.';
        return new Refusal('store_closed', "{$this->slug} of {$this->owner}: {$message}");
    }
}

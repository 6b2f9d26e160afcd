import { describe, expect, test } from '@jest/globals'
import { ApplyError, PermissionError } from '@portolan/netfilter'
import { apply, compile, diff, emptyRuleset } from '../../src/index.ts'
import { desiredState, mapping, network } from '../support/desired.ts'
import { fakeRunner } from '../support/fake-runner.ts'

const both = desiredState([mapping(8080)], { networks: [network('web', 1, { families: ['ip', 'ip6'] })] })
const changes = diff(emptyRuleset, compile(both))

describe('apply', () => {
  test('is one restore per family', async () => {
    const runner = fakeRunner(() => ({}))
    await apply(changes, runner, 'iptables-legacy')
    expect(runner.calls.map(({ command, args }) => [command, ...args].join(' '))).toEqual([
      // An empty restore, which only tests whether the lock is free.
      'iptables-legacy-restore --noflush',
      'iptables-legacy-restore --noflush --wait 5',
      'ip6tables-legacy-restore --noflush --wait 5',
    ])
  })

  test('does not wait for the lock of iptables, and says that nothing was changed', async () => {
    const runner = fakeRunner(() => ({
      exitCode: 4,
      stderr:
        "Can't lock /run/xtables.lock: Resource temporarily unavailable\nAnother app is currently holding the xtables lock. Perhaps you want to use the -w option?\n",
    }))
    await expect(apply(changes, runner, 'iptables-legacy')).rejects.toMatchObject({
      code: 'XTABLES_LOCKED',
      message: expect.stringContaining('changed nothing'),
    })
    expect(runner.calls).toHaveLength(1)
  })

  test('starts nothing when there is nothing to do', async () => {
    const runner = fakeRunner(() => ({}))
    await apply([], runner, 'iptables-nft')
    expect(runner.calls).toEqual([])
  })

  test('takes more rules of one chain than a call has room for arguments', async () => {
    const whole = compile(both)
    const many = {
      ...whole,
      tables: whole.tables.map((table) => ({
        ...table,
        chains: table.chains.map((chain) => {
          const [rule] = chain.rules
          const isLarge = table.family === 'ip' && chain.name === 'PORTOLAN-DNAT' && rule !== undefined
          return isLarge ? { ...chain, rules: Array.from({ length: 150_000 }, () => rule) } : chain
        }),
      })),
    }
    const runner = fakeRunner(({ command }) =>
      command.startsWith('ip6') ? { exitCode: 1, stderr: 'no' } : {},
    )
    const failed = apply(diff(emptyRuleset, many), runner, 'iptables-nft')
    const { applied } = (await failed.catch((error: unknown) => error)) as ApplyError
    expect(applied.length).toBeGreaterThan(150_000)
  })

  test('puts back the tables that were in force before the refused one', async () => {
    const runner = fakeRunner((call, index) => {
      const line = (call.input ?? '').split('\n').indexOf('*nat') + 3
      return index === 0 ? { exitCode: 1, stderr: `iptables-restore: line ${line} failed` } : {}
    })
    const failed = apply(changes, runner, 'iptables-nft')
    await expect(failed).rejects.toBeInstanceOf(ApplyError)
    await expect(failed).rejects.toMatchObject({ applied: [], offending: ':PORTOLAN-OUTPUT - [0:0]' })
    const back = runner.calls[1]?.input ?? ''
    expect(back.split('\n').filter((line) => line.startsWith('*'))).toEqual(['*filter', '*mangle'])
    expect(back).toContain('-X PORTOLAN-FORWARD\n')
    expect(runner.calls).toHaveLength(2)
  })

  test('says what of the other family is in force already', async () => {
    const runner = fakeRunner((call) =>
      call.command.startsWith('ip6') ? { exitCode: 2, stderr: 'Error occurred at line: 2' } : {},
    )
    const ip = changes.filter((change) => change.operation.family === 'ip')
    await expect(apply(changes, runner, 'iptables-nft')).rejects.toMatchObject({
      applied: ip.map((change) => change.description),
      offending: ':PORTOLAN-BETWEEN - [0:0]',
    })
  })

  test("names a table's owner, not a capability, where the kernel refuses one step", async () => {
    const runner = fakeRunner(() => ({
      exitCode: 4,
      stderr:
        'iptables-nft-restore v1.8.11 (nf_tables): \nline 2: CHAIN_USER_ADD failed (Operation not permitted): chain X\n',
    }))
    const failed = apply(changes, runner, 'iptables-nft')
    await expect(failed).rejects.toBeInstanceOf(ApplyError)
    await expect(failed).rejects.toThrow('("flags owner")')
  })

  test('says how a silent or killed program ended', async () => {
    const failed = (result: object) =>
      apply(
        changes,
        fakeRunner(() => result),
        'iptables-nft',
      )
    await expect(failed({ exitCode: 3 })).rejects.toThrow('it exited with code 3 and said nothing')
    await expect(failed({ exitCode: 137, stderr: 'x was ended by SIGKILL.\n' })).rejects.toMatchObject({
      message:
        'iptables-nft-restore did not end by itself (x was ended by SIGKILL). How far it came is not known. Run this again.',
      certain: false,
    })
  })

  test('tells a missing privilege from a refused change', async () => {
    const runner = fakeRunner(() => ({
      exitCode: 4,
      stderr: "Fatal: can't open lock file /run/xtables.lock: Permission denied",
    }))
    await expect(apply(changes, runner, 'iptables-legacy')).rejects.toBeInstanceOf(PermissionError)
  })
})

import { describe, expect, test } from '@jest/globals'
import type { RunResult } from '@portolan/core'
import { type ApplyError, commandWording, messageFor } from '@portolan/netfilter'
import { apply, compile, diff, emptyRuleset, type Variant } from '../../src/index.ts'
import { desiredState, mapping, network } from '../support/desired.ts'
import { type Call, fakeRunner } from '../support/fake-runner.ts'

const changes = diff(emptyRuleset, compile(desiredState([mapping(8080)], { networks: [network('web', 1)] })))

/** The error where the restore of all changes is refused as iptables 1.8.11 words it, and the calls that were made. */
const refused = async (
  variant: Variant,
  refusal: (lines: readonly string[]) => Partial<RunResult>,
  others: (call: Call) => Partial<RunResult> = () => ({}),
) => {
  let isRefused = false
  const runner = fakeRunner((call) => {
    const lines = (call.input ?? '').split('\n')
    // A short input is the empty restore that looks for the lock.
    if (isRefused || lines.length < 4) return others(call)
    isRefused = true
    return refusal(lines)
  })
  const error = (await apply(changes, runner, variant).catch((thrown: unknown) => thrown)) as ApplyError
  return { error, message: messageFor(error, commandWording), calls: runner.calls }
}

const atNat = (lines: readonly string[]) => lines.indexOf('*nat') + 1
const commitOfNat = (lines: readonly string[]) => lines.indexOf('COMMIT', atNat(lines)) + 1
const hint = "Try `iptables-restore -h' or 'iptables-restore --help' for more information.\n"

describe('a refusal of iptables-restore says why, and what to do:', () => {
  test('an extension that this iptables does not have', async () => {
    const { message } = await refused('iptables-nft', () => ({
      exitCode: 2,
      stderr: `iptables-nft-restore v1.8.11 (nf_tables): Couldn't load match \`comment':No such file or directory\n\nError occurred at line: 2\n${hint}`,
    }))
    expect(message).toContain(
      `iptables-nft-restore refused ":PORTOLAN-BETWEEN - [0:0]": the iptables of this host has no match "comment" (Couldn't load match \`comment':No such file or directory). Nothing of this family was changed. Install the whole package iptables`,
    )
    expect(message).toContain('choose another with --backend.')
  })

  test('a match that this kernel does not have', async () => {
    const stderr =
      'Warning: Extension ipvs revision 0 not supported, missing kernel module?\niptables-nft-restore v1.8.11 (nf_tables): \nline 3: RULE_APPEND failed (No such file or directory): rule in chain X\n'
    const { message } = await refused('iptables-nft', () => ({ exitCode: 4, stderr }))
    expect(message).toContain('this kernel has no part for the match or target "ipvs" of iptables')
    expect(message).toContain('Load its module (modprobe xt_ipvs), or use a kernel that has it')
  })

  test('a line that an older iptables does not know', async () => {
    const { message } = await refused('iptables-legacy', () => ({
      exitCode: 2,
      stderr: `iptables-restore v1.8.2 (legacy): unknown option "--random-fully"\nError occurred at line: 3\n${hint}`,
    }))
    expect(message).toContain(
      'the iptables of this host does not accept that line (unknown option "--random-fully"). Nothing of this family was changed. It may be older than the line needs: install a newer one',
    )
  })

  test('rules that another program changed meanwhile', async () => {
    const { message } = await refused('iptables-nft', () => ({
      exitCode: 1,
      stderr: 'iptables-nft-restore: line 2 failed: No chain/target/match by that name.\n',
    }))
    expect(message).toContain(
      'the rules are not as they were read (line 2 failed: No chain/target/match by that name). Nothing of this family was changed. Plan again',
    )
  })

  test('no room, and no memory', async () => {
    const step = (words: string) => ({
      exitCode: 4,
      stderr: `iptables-nft-restore v1.8.11 (nf_tables): \nline 3: RULE_APPEND failed (${words}): rule in chain X\n`,
    })
    const full = await refused('iptables-nft', () => step('No space left on device'))
    expect(full.message).toContain('the kernel has no room for one more (line 3: RULE_APPEND failed')
    expect(full.message).toContain('Remove what is not needed any more')
    const short = await refused('iptables-nft', () => step('Cannot allocate memory'))
    expect(short.message).toContain(
      'no memory is left (ENOMEM). Nothing of this family was changed. Free memory',
    )
  })

  test('a lock that another program takes while the restore waits for it', async () => {
    const { error, message } = await refused('iptables-legacy', () => ({
      exitCode: 4,
      stderr:
        "Can't lock /run/xtables.lock: Resource temporarily unavailable\nAnother app is currently holding the xtables lock. Stopped waiting after 5s.\n",
    }))
    expect(message).toContain('another program holds the lock of iptables, /run/xtables.lock')
    expect(message).toContain('How far it came is not known. Wait until it ends, and run this again.')
    expect(error.certain).toBe(false)
  })

  test('nothing, where iptables-legacy does not say why the kernel took no table', async () => {
    const { message } = await refused('iptables-legacy', (lines) => ({
      exitCode: 1,
      stderr: `iptables-restore: line ${commitOfNat(lines)} failed\n`,
    }))
    expect(message).toContain(
      'iptables-legacy-restore refused the changes of table nat: the kernel did not take them',
    )
    expect(message).toContain('look for the reason in its log (dmesg)')
  })

  test('a program that never began has changed nothing', async () => {
    const { error, message } = await refused('iptables-nft', () => ({
      exitCode: 127,
      stderr:
        'iptables-nft-restore: error while loading shared libraries: libxtables.so.12: cannot open shared object file: Error 24\n',
    }))
    expect(message).toBe(
      'iptables-nft-restore failed: no more open files are allowed here (EMFILE). Nothing of this family was changed. Close files, or raise the limit of open files (ulimit -n), and run this again.',
    )
    expect(error.certain).toBe(true)
  })
})

describe('a table that iptables-legacy-restore could not open', () => {
  const unopened = (lines: readonly string[]) => ({
    exitCode: 2,
    stderr: `iptables-restore v1.8.11 (legacy): iptables-restore: unable to initialize table 'nat'\nError occurred at line: ${atNat(lines)}\n${hint}`,
  })
  const saying = (words: string) => (call: Call) =>
    call.command === 'iptables-legacy-save'
      ? { exitCode: 1, stderr: `iptables-save v1.8.11 (legacy): Cannot initialize: ${words}\n` }
      : {}

  test.each([
    ['Permission denied (you must be root)', 'PERMISSION', 'run this as root'],
    ['Too many open files', 'APPLY', 'no more open files are allowed here (EMFILE)'],
    [
      'Table does not exist (do you need to insmod?)',
      'APPLY',
      'this kernel does not have that table of iptables (Cannot initialize: Table does not exist (do you need to insmod?))',
    ],
  ])('has the reason that iptables-legacy-save gives: %s', async (words, code, expected) => {
    const { error, message, calls } = await refused('iptables-legacy', unopened, saying(words))
    expect(error.code).toBe(code)
    expect(message).toContain(expected)
    expect(calls.at(-1)).toMatchObject({ command: 'iptables-legacy-save', args: ['-t', 'nat'] })
  })

  test('has no reason where iptables-legacy-save can open it by now', async () => {
    const { message } = await refused('iptables-legacy', unopened)
    expect(message).toContain('it could not open that table, and does not say why')
  })

  test('leaves none of the tables before it changed', async () => {
    const { calls } = await refused(
      'iptables-legacy',
      unopened,
      saying('Permission denied (you must be root)'),
    )
    const back = calls.filter(({ input = '' }) => input.includes('-X PORTOLAN'))
    expect(back).toHaveLength(1)
    expect(back[0]?.input).toContain('*mangle')
  })
})

test('a table of another owner leaves none of the tables before it changed', async () => {
  const { message, calls } = await refused('iptables-nft', (lines) => ({
    exitCode: 4,
    stderr: `iptables-nft-restore v1.8.11 (nf_tables): \nline ${atNat(lines) + 1}: CHAIN_USER_ADD failed (Operation not permitted): chain X\n`,
  }))
  expect(message).toContain('("flags owner")')
  expect(calls.filter(({ input = '' }) => input.includes('-X PORTOLAN'))).toHaveLength(1)
})

import { describe, expect, test } from '@jest/globals'
import type { Runner, RunResult } from '@portolan/core'
import { ApplyError, PermissionError, StaleStateError } from '@portolan/netfilter'
import { apply, compile, diff } from '../../src/index.ts'
import { emptyRuleset } from '../../src/model/index.ts'
import { mapping, network, state } from '../arbitrary/example.ts'

interface Call {
  readonly command: string
  readonly args: readonly string[]
  readonly input: string
}

const recorder = (result: Partial<RunResult> = {}): { readonly calls: Call[]; readonly runner: Runner } => {
  const calls: Call[] = []
  const run: Runner['run'] = async (command, args, options) => {
    calls.push({ command, args, input: options?.input ?? '' })
    return { exitCode: 0, stdout: '', stderr: '', ...result }
  }
  return { calls, runner: { run } }
}

const changes = diff(emptyRuleset, compile(state()))

describe('apply', () => {
  test('runs nothing when there is nothing to do', async () => {
    const { calls, runner } = recorder()
    await apply([], runner)
    expect(calls).toEqual([])
  })

  test('hands all changes to one nft, as one transaction', async () => {
    const { calls, runner } = recorder()
    await apply(changes, runner)
    expect(calls.map(({ command, args }) => [command, ...args])).toEqual([['nft', '-f', '-']])
  })

  test('names a chain only where it is there, and takes it away only where nothing names it', async () => {
    const { calls, runner } = recorder()
    const before = state({ mappings: [mapping({ interface: 'eth0' })] })
    const after = state({
      networks: [network({ bridge: 'br-new' })],
      mappings: [mapping({ interface: 'eth1' })],
    })
    await apply(diff(compile(before), compile(after)), runner)
    const verbs = (calls[0]?.input ?? '')
      // What goes and what comes of one set share a line.
      .split(/\n|; /)
      .filter((line) => /^[a-z]+ (chain|element|rule|set|map) /.test(line))
    const at = (pattern: RegExp) => verbs.findIndex((line) => pattern.test(line))
    expect(at(/^create chain .* to_br-new/)).toBeLessThan(at(/^create element .* to_network/))
    expect(at(/^flush chain .* to_br-web/)).toBeLessThan(at(/^delete chain .* to_br-web/))
    expect(at(/^delete element .* to_network/)).toBeLessThan(at(/^delete chain .* to_br-web/))
    expect(verbs.findLastIndex((line) => line.startsWith('create element'))).toBeLessThan(at(/^delete chain/))
  })

  test('says which line nft refused, and its words', async () => {
    const stderr = '/dev/stdin:3:1-9: Error: Could not process rule: Numerical result out of range\nx\n^\n'
    const { calls, runner } = recorder({ exitCode: 1, stderr })
    const error = await apply(changes, runner).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ApplyError)
    expect(error).toMatchObject({ stderr, offending: calls[0]?.input.split('\n')[2], applied: [] })
    expect(String(error)).toContain('Numerical result out of range')
  })

  test('says that the host changed when what should be there is not, or the other way round', async () => {
    for (const words of ['No such file or directory', 'File exists', 'element does not exist']) {
      const { runner } = recorder({
        exitCode: 1,
        stderr: `/dev/stdin:1:1-2: Error: Could not process rule: ${words}\n`,
      })
      await expect(apply(changes, runner)).rejects.toThrow(StaleStateError)
    }
  })

  test('names the capability that is missing', async () => {
    const { runner } = recorder({
      exitCode: 1,
      stderr: 'netlink: Error: cache initialization failed: Operation not permitted\n',
    })
    const error = await apply(changes, runner).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(PermissionError)
    expect(error).toMatchObject({ needs: 'CAP_NET_ADMIN' })
  })

  test("names a table's owner, not a capability, where the kernel refuses one command", async () => {
    const { runner } = recorder({
      exitCode: 1,
      stderr: '/dev/stdin:1:16-23: Error: Could not process rule: Operation not permitted\nx\n^\n',
    })
    const error = await apply(changes, runner).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ApplyError)
    expect(String(error)).toMatch(/owns the table \("flags owner"\).*Nothing was applied.*end it/)
  })

  test('does not know what a killed nft has done, and says how a silent one ended', async () => {
    const failed = async (result: Partial<RunResult>) =>
      String(await apply(changes, recorder(result).runner).catch((thrown: unknown) => thrown))
    expect(await failed({ exitCode: 137, stderr: 'nft was ended by SIGKILL.\n' })).toMatch(
      /nft did not end by itself \(nft was ended by SIGKILL\): whether the changes are in force is not known\. Run this again\.$/,
    )
    expect(await failed({ exitCode: 3 })).toMatch(
      /nft refused the changes: it exited with code 3 and said nothing\. Nothing was applied\. Run this again\. If/,
    )
  })

  test('names what the host lacks', async () => {
    const failed = (stderr: string) => apply(changes, recorder({ exitCode: 1, stderr }).runner)
    await expect(failed('src/mnl.c:194: Memory allocation failure\n')).rejects.toThrow(
      'nft refused the changes: no memory is left (ENOMEM). Nothing was applied. Free memory',
    )
  })
})

import { describe, expect, test } from '@jest/globals'
import { InspectError, MissingToolError, PermissionError } from '@portolan/netfilter'
import { inspect } from '../../src/index.ts'
import { fakeRunner } from '../support/fake-runner.ts'

const text = '*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n'

describe('inspect', () => {
  test('asks the plain save programs only, which register no table', async () => {
    const runner = fakeRunner(() => ({ stdout: text }))
    const ruleset = await inspect(runner, 'iptables-nft')
    expect(runner.calls.map(({ command, args }) => [command, ...args])).toEqual([
      ['iptables-nft-save'],
      ['ip6tables-nft-save'],
    ])
    expect(ruleset.tables.map((table) => table.family)).toEqual(['ip', 'ip6'])
  })

  test('does not ask iptables-legacy about a family without registered tables', async () => {
    const runner = fakeRunner(() => ({ stdout: text }))
    await inspect(runner, 'iptables-legacy', { legacyTables: { ip: ['filter'], ip6: [] }, counters: true })
    expect(runner.calls.map(({ command, args }) => [command, ...args])).toEqual([
      ['iptables-legacy-save', '-c'],
    ])
    const none = fakeRunner(() => ({}))
    expect((await inspect(none, 'iptables-legacy')).tables).toEqual([])
    expect(none.calls).toEqual([])
  })

  test('says which privilege is missing, even where the program says nothing', async () => {
    const denied = fakeRunner(() => ({
      exitCode: 4,
      stderr: 'Could not fetch rule set generation id: Permission denied (you must be root)',
    }))
    await expect(inspect(denied, 'iptables-nft')).rejects.toBeInstanceOf(PermissionError)
    const silent = fakeRunner(() => ({}))
    await expect(
      inspect(silent, 'iptables-legacy', { legacyTables: { ip: ['nat'], ip6: [] } }),
    ).rejects.toMatchObject({ code: 'PERMISSION', needs: 'CAP_NET_ADMIN' })
  })

  test('passes on what the program said', async () => {
    const runner = fakeRunner(() => ({ exitCode: 1, stderr: 'table is incompatible' }))
    const failed = inspect(runner, 'iptables-nft')
    await expect(failed).rejects.toBeInstanceOf(InspectError)
    await expect(failed).rejects.toMatchObject({ command: 'iptables-nft-save', exitCode: 1 })
  })

  test('names the package of a missing program', async () => {
    const runner = {
      run: async () => {
        throw new MissingToolError('iptables-nft-save', 'unknown')
      },
    }
    await expect(inspect(runner, 'iptables-nft')).rejects.toMatchObject({ package: 'iptables' })
  })
})

import { describe, expect, test } from '@jest/globals'
import type { HostAccess, NamedTable } from '@portolan/core'
import { InspectError, MissingToolError, PermissionError } from '@portolan/netfilter'
import { partOf } from '../../../../test/part-of.ts'
import { inspect, iptablesNft } from '../../src/index.ts'
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

  test('does not ask iptables-nft about a family that the kernel has no table for it of', async () => {
    const asked = async (nftTables: readonly NamedTable[] | null) => {
      const runner = fakeRunner(() => ({ stdout: text }))
      await inspect(runner, 'iptables-nft', { nftTables })
      return runner.calls.map(({ command }) => command)
    }
    expect(await asked([])).toEqual([])
    const others = [
      { family: 'inet', name: 'filter' },
      { family: 'ip', name: 'portolan' },
      { family: 'ip6', name: 'security' },
    ]
    expect(await asked(others)).toEqual(['ip6tables-nft-save'])
    expect(await asked([{ family: 'ip', name: 'nat' }])).toEqual(['iptables-nft-save'])
    // The kernel did not list all of them.
    expect(await asked(null)).toEqual(['iptables-nft-save', 'ip6tables-nft-save'])
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

  test('names what the host lacks, not the rules of a table', async () => {
    const lacking = fakeRunner(({ command }) =>
      command === 'nft'
        ? { stdout: 'table ip filter\ntable ip nat\n' }
        : {
            exitCode: 3,
            stderr:
              'libxt_tcp.so: cannot open shared object file: Too many open files\nError: tcp match extension not found\n',
          },
    )
    await expect(inspect(lacking, 'iptables-nft')).rejects.toThrow(
      'iptables-nft-save could not read the rules: no more open files are allowed here (EMFILE). Close files',
    )
    const apart = fakeRunner(({ command, args }) => {
      if (command === 'nft') return { stdout: 'table ip filter\n' }
      return args.includes('-t') ? { exitCode: 1, stderr: 'Cannot allocate memory' } : { exitCode: 3 }
    })
    await expect(inspect(apart, 'iptables-nft')).rejects.toThrow('no memory is left (ENOMEM)')
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

describe('a table with a rule that iptables-nft cannot print', () => {
  const leftOut = "# Table `filter' is incompatible, use 'nft' tool.\n"
  const nat = '*nat\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n'
  /** The program omits the table, or stops in the middle of it. */
  const savings = {
    'is left out': (command: string) => (command === 'iptables-nft-save' ? { stdout: leftOut + nat } : {}),
    'ends the program': (command: string, args: readonly string[]) => {
      if (command !== 'iptables-nft-save') return {}
      if (args.includes('nat')) return { stdout: nat }
      return { exitCode: 3, stdout: '*filter\n', stderr: 'unsupported layer 4 protocol value' }
    },
  } as const
  const listing = (chain: string) => (args: readonly string[]) => ({
    stdout: args.includes('tables') ? 'table ip filter\ntable ip nat\ntable ip other\n' : `chain ${chain} {`,
  })
  const host = (saving: keyof typeof savings, chain: string) => {
    const runner = fakeRunner(({ command, args }) =>
      command === 'nft' ? listing(chain)(args) : savings[saving](command, args),
    )
    return partOf<HostAccess>({ runner, legacyTables: async () => ({ ip: [], ip6: [], hidden: [] }) })
  }

  describe.each(['is left out', 'ends the program'] as const)('that %s', (saving) => {
    test('is refused where it has to be known, with what to do', async () => {
      const refused = inspect(host(saving, 'FORWARD').runner, 'iptables-nft')
      await expect(refused).rejects.toBeInstanceOf(InspectError)
      await expect(refused).rejects.toThrow(
        'Table ip filter holds rules that nft wrote and iptables-nft-save cannot print',
      )
      await expect(refused).rejects.toThrow('"nft -a list table ip filter"')
    })

    test('is named where the rest is enough, and the rest is read', async () => {
      const { rules, unread, hidden } = await iptablesNft.inspectAll(host(saving, 'FORWARD'))
      expect(rules.tables.map(({ family, name }) => `${family} ${name}`)).toEqual(['ip nat'])
      expect(unread).toEqual([
        expect.stringContaining('Table ip filter of iptables-nft: read as nft lists it'),
      ])
      expect(hidden).toEqual([])
    })

    test('is refused there too where a chain of ours may be in it', async () => {
      await expect(iptablesNft.inspectAll(host(saving, 'PORTOLAN-ACCEPT'))).rejects.toBeInstanceOf(
        InspectError,
      )
    })
  })
})

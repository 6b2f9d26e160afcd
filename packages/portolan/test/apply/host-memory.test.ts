import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { Runner } from '@portolan/core'
import { emptyState, readState } from '@portolan/host'
import { MissingToolError } from '@portolan/netfilter'
import { hairpinPorts } from '../../src/apply/hairpin-ports.ts'
import { openMemory } from '../../src/apply/host-memory.ts'
import { planOf } from '../shop.ts'

let directory = ''
beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'portolan-memory-')), 'state')
})
afterEach(() => rm(join(directory, '..'), { recursive: true, force: true }))

const iptablesChanges = planOf({ backend: 'iptables-nft' }).changes.flatMap((change) =>
  change.part === 'iptables-nft' ? [change] : [],
)

/** An nft that lists these objects and accepts every script. */
const nft = (...objects: readonly object[]): Runner & { readonly scripts: string[] } => {
  const scripts: string[] = []
  return {
    scripts,
    run: async (_command, args, options) => {
      if (options?.input !== undefined) scripts.push(options.input)
      const stdout = args.includes('list') ? JSON.stringify({ nftables: objects }) : ''
      return { exitCode: 0, stdout, stderr: '' }
    },
  }
}

const noNft: Runner = { run: () => Promise.reject(new MissingToolError('nft', 'nftables')) }

const table = (name: string) => ({ table: { family: 'ip', name } })
const chain = (of: string, name: string, policy = 'accept') => ({
  chain: { family: 'ip', table: of, name, type: 'filter', hook: name.toLowerCase(), prio: 0, policy },
})

describe('the memory of a host', () => {
  test('is empty at first, and writes nothing', async () => {
    await openMemory(directory)
    expect(await readState(directory)).toEqual(emptyState)
    await expect(readdir(directory)).rejects.toThrow('ENOENT')
  })

  test('keeps the value that a sysctl had at first, and the one given last', async () => {
    const memory = await openMemory(directory)
    await memory.rememberSysctl('net.ipv4.ip_forward', '0', '1', {})
    await memory.rememberSysctl('net.ipv4.ip_forward', '1', '2', {})
    await memory.rememberSysctl('net.ipv4.conf.br0.route_localnet', '0', '1', {})
    expect((await readState(directory)).sysctls).toEqual({
      'net.ipv4.ip_forward': { before: '0', given: '2' },
      'net.ipv4.conf.br0.route_localnet': { before: '0', given: '1' },
    })
  })

  test('keeps which interfaces were there while forwarding was off', async () => {
    const facts = (...indexes: readonly number[]) => ({ interfaces: indexes.map((index) => ({ index })) })
    const links = async () => (await readState(directory)).sysctls['net.ipv4.ip_forward']?.links
    const memory = await openMemory(directory)
    await memory.rememberSysctl('net.ipv4.ip_forward', '0', '1', facts(1, 2))
    await memory.rememberSysctl('net.ipv4.ip_forward', '1', '2', facts(1, 2, 3))
    expect(await links()).toEqual([1, 2])
    // Another program has turned it off meanwhile.
    await memory.rememberSysctl('net.ipv4.ip_forward', '0', '1', facts(1, 2, 3))
    expect(await links()).toEqual([1, 2, 3])
    await memory.rememberSysctl('net.ipv4.conf.eth0.route_localnet', '0', '1', facts(1))
    expect((await readState(directory)).sysctls['net.ipv4.conf.eth0.route_localnet']).toEqual({
      before: '0',
      given: '1',
    })
  })

  test('lasts from one process to the next', async () => {
    await (await openMemory(directory)).rememberSysctl('net.ipv4.ip_forward', '0', '1', {})
    await (await openMemory(directory)).rememberSysctl('net.ipv4.ip_forward', '1', '1', {})
    expect((await readState(directory)).sysctls['net.ipv4.ip_forward']).toEqual({ before: '0', given: '1' })
  })

  test('keeps the ports whose hairpin mode it switched on', async () => {
    const memory = await openMemory(directory)
    await memory.rememberHairpin('veth1')
    await memory.rememberHairpin('veth 2')
    await memory.rememberHairpin('veth1')
    expect(hairpinPorts(await readState(directory))).toEqual(['veth1', 'veth 2'])
    expect(hairpinPorts({ ...emptyState, attributes: { 'mtu veth9': { before: '1', given: '2' } } })).toEqual(
      [],
    )
  })

  test('takes a value that was set since for the own one of the host', async () => {
    const memory = await openMemory(directory)
    await memory.rememberSysctl('net.ipv4.conf.eth0.route_localnet', '0', '1', {})
    await memory.rememberSysctl('net.ipv4.conf.eth0.route_localnet', '2', '1', {})
    expect((await readState(directory)).sysctls).toEqual({
      'net.ipv4.conf.eth0.route_localnet': { before: '2', given: '1' },
    })
  })

  const [forward, redirects, eth1] = [
    'net.ipv4.ip_forward',
    'net.ipv4.conf.all.accept_redirects',
    'net.ipv4.conf.eth1.forwarding',
  ]
  const off = { [forward]: '0', [redirects]: '0', [eth1]: '1' }

  test('keeps what the kernel overwrites together with forwarding, as it was at the last time it was off', async () => {
    const memory = await openMemory(directory)
    await memory.rememberSysctl(forward, '0', '1', { sysctls: off })
    expect((await readState(directory)).sysctls).toEqual({
      [forward]: { before: '0', given: '1' },
      [redirects]: { before: '0', given: '0' },
      [eth1]: { before: '1', given: '1' },
    })
    // Killed before it was turned on, and another program changed eth1 meanwhile.
    await memory.rememberSysctl(forward, '0', '1', { sysctls: { ...off, [eth1]: '0' } })
    expect(Object.keys((await readState(directory)).sysctls).toSorted()).toEqual(
      [redirects, forward].toSorted(),
    )
  })

  test('keeps the notes of a destroy that was killed halfway, when the next thing is an apply', async () => {
    const memory = await openMemory(directory)
    await memory.rememberSysctl(forward, '0', '1', { sysctls: off })
    await memory.markRestoring(forward)
    expect((await readState(directory)).sysctls[forward]).toEqual({
      before: '0',
      given: '1',
      restoring: true,
    })
    // The kernel has already overwritten both.
    const half = { [forward]: '0', [redirects]: '1', [eth1]: '0' }
    await memory.rememberSysctl(forward, '0', '1', { sysctls: half })
    expect((await readState(directory)).sysctls).toEqual({
      [forward]: { before: '0', given: '1' },
      [redirects]: { before: '0', given: '0' },
      [eth1]: { before: '1', given: '1' },
    })
  })

  test('is forgotten at last', async () => {
    const memory = await openMemory(directory)
    await memory.rememberSysctl('net.ipv4.ip_forward', '0', '1', {})
    await memory.forgetRest()
    expect(await readState(directory)).toEqual(emptyState)
    expect(await readdir(directory)).toEqual([])
  })
})

describe('tables of iptables-nft that we bring into being', () => {
  test('stay noted where the program nft is gone, until it can remove them', async () => {
    const memory = await openMemory(directory)
    await memory.rememberCreated(iptablesChanges, nft())
    const { created } = await readState(directory)
    await memory.removeCreated(noNft)
    await memory.forgetRest()
    expect(await readState(directory)).toEqual({ ...emptyState, created })
    await memory.removeCreated(nft(table('nat'), chain('nat', 'PREROUTING')))
    await memory.forgetRest()
    expect(await readState(directory)).toEqual(emptyState)
  })

  test('are remembered before they are there, and removed when no program uses them', async () => {
    const memory = await openMemory(directory)
    await memory.rememberCreated(iptablesChanges, nft())
    const runner = nft(
      table('nat'),
      chain('nat', 'PREROUTING'),
      chain('nat', 'OUTPUT'),
      chain('nat', 'POSTROUTING'),
    )
    await memory.removeCreated(runner)
    expect(runner.scripts).toEqual([
      'delete chain ip nat PREROUTING\ndelete chain ip nat OUTPUT\ndelete chain ip nat POSTROUTING\ndelete table ip nat\n',
    ])
  })

  test('stay where another program came to use them', async () => {
    const memory = await openMemory(directory)
    await memory.rememberCreated(iptablesChanges, nft())
    const runner = nft(
      table('nat'),
      chain('nat', 'PREROUTING'),
      chain('nat', 'POSTROUTING'),
      { rule: { family: 'ip', table: 'nat', chain: 'POSTROUTING', expr: [] } },
      table('filter'),
      chain('filter', 'FORWARD', 'drop'),
    )
    await memory.removeCreated(runner)
    expect(runner.scripts).toEqual(['delete chain ip nat PREROUTING\n'])
  })

  test('are not those that were there before', async () => {
    const memory = await openMemory(directory)
    const host = [
      ...['PREROUTING', 'OUTPUT', 'POSTROUTING'].map((name) => chain('nat', name)),
      chain('filter', 'FORWARD'),
      ...['INPUT', 'FORWARD'].map((name) => chain('mangle', name)),
    ]
    await memory.rememberCreated(iptablesChanges, nft(...host))
    expect((await readState(directory)).created).toEqual([])
    const runner = nft(...host)
    await memory.removeCreated(runner)
    expect(runner.scripts).toEqual([])
  })

  test('are added to those of an earlier apply, once each', async () => {
    const memory = await openMemory(directory)
    const inNat = (name: string): typeof iptablesChanges =>
      iptablesChanges.filter(({ operation }) => operation.table === 'nat' && operation.chain === name)
    await memory.rememberCreated(inNat('PREROUTING'), nft())
    await memory.rememberCreated(inNat('POSTROUTING'), nft(table('nat'), chain('nat', 'PREROUTING')))
    await memory.rememberCreated(inNat('POSTROUTING'), nft(table('nat'), chain('nat', 'PREROUTING')))
    expect((await readState(directory)).created).toHaveLength(2)
    const runner = nft(table('nat'), chain('nat', 'PREROUTING'), chain('nat', 'POSTROUTING'))
    await memory.removeCreated(runner)
    expect(runner.scripts).toEqual([
      'delete chain ip nat PREROUTING\ndelete chain ip nat POSTROUTING\ndelete table ip nat\n',
    ])
  })

  test('cannot be known nor removed without nft, which is no error', async () => {
    const memory = await openMemory(directory)
    await memory.rememberCreated(iptablesChanges, noNft)
    expect((await readState(directory)).created).toEqual([])
    await memory.rememberCreated(iptablesChanges, nft())
    await memory.removeCreated(noNft)
    expect((await readState(directory)).created.length).toBeGreaterThan(0)
  })
})

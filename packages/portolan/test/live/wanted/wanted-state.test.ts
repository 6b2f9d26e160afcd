import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { DesiredMapping } from '@portolan/core'
import { openWantedState } from '../../../src/live/wanted/open-wanted-state.ts'
import { type WantedState, withoutPort, withPort } from '../../../src/live/wanted/wanted-state.ts'

let folder = ''
let [one, other]: readonly WantedState[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portolan-wanted-'))
  one = openWantedState(folder, 'shop')
  other = openWantedState(folder, 'shop')
})
afterEach(async () => {
  await Promise.all([one?.close(), other?.close()])
  rmSync(folder, { recursive: true })
})

const port = (hostPort: number, address = '10.1.0.2'): DesiredMapping => ({
  kind: 'nat',
  family: 'ip',
  protocol: 'tcp',
  hostAddress: null,
  hostPort,
  interface: null,
  allowFrom: null,
  label: `${hostPort}`,
  targets: [{ address, port: 80, service: 'web', replica: 1, network: 'web', weight: 1 }],
})

const portsOf = (state: WantedState | undefined): readonly string[] =>
  (state?.ports() ?? []).map(({ hostPort, targets: [{ address }] }) => `${hostPort} ${address}`).sort()

describe('the backend of a project', () => {
  test('is the one that was named last, written down with what is wanted first', async () => {
    await one?.nameBackend('iptables-nft')
    expect(one?.exists()).toBe(false)
    await one?.change(() => [withPort(port(80))])
    expect(other?.backend()).toBe('iptables-nft')
    await other?.nameBackend('nftables')
    expect(one?.backend()).toBe('nftables')
    // The first program named its own backend before.
    await one?.change(() => [withPort(port(81))])
    expect(other?.backend()).toBe('nftables')
  })

  test('is none where no program has named one', async () => {
    await one?.change(() => [withPort(port(80))])
    expect(one?.backend()).toBeNull()
  })
})

describe('what two programs want of one project', () => {
  test('is decided anew where a record of the other came between the decision and its own', async () => {
    const decisions: (readonly string[])[] = []
    await one?.change(() => {
      decisions.push(portsOf(other))
      // The other program is quicker, once.
      if (decisions.length === 2) void other?.change(() => [withPort(port(81))])
      return [withPort(port(80))]
    })
    // First the file was made, then the other program changed it, and then nothing changed.
    expect(decisions).toEqual([[], [], ['81 10.1.0.2']])
    expect(portsOf(one)).toEqual(['80 10.1.0.2', '81 10.1.0.2'])
  })

  test('is not changed at all where the second decision is that nothing is to change', async () => {
    await other?.change(() => [withPort(port(80, '10.1.0.3'))])
    let asked = 0
    const undo = await one?.change(() => {
      asked += 1
      if (asked === 1) void other?.change(() => [withPort(port(81, '10.1.0.3'))])
      return one?.port(port(81)) === null ? [withPort(port(81))] : null
    })
    expect(undo).toBeNull()
    expect(portsOf(other)).toEqual(['80 10.1.0.3', '81 10.1.0.3'])
  })

  test('is taken back as it was before, but for what the other has written since', async () => {
    await one?.change(() => [withPort(port(80))])
    const undo = await one?.change(() => [withoutPort(port(80)), withPort(port(81)), withPort(port(82))])
    await other?.change(() => [withPort(port(81, '10.1.0.9'))])
    await undo?.()
    for (const state of [one, other]) expect(portsOf(state)).toEqual(['80 10.1.0.2', '81 10.1.0.9'])
  })

  test('knows the ports of routed networks apart, as they come and go', async () => {
    const routed: DesiredMapping = { ...port(443), kind: 'direct', family: 'ip6' }
    await one?.change(() => [withPort(port(80)), withPort(routed)])
    expect(one?.directPorts()).toEqual([routed])
    expect(other?.directPorts()).toEqual([routed])
    await other?.change(() => [withoutPort(routed)])
    expect(one?.directPorts()).toEqual([])
  })
})

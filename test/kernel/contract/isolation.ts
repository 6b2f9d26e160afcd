import { describe, expect, test } from '@jest/globals'
import { fromJson } from '../../from-json.ts'
import { buildFrame } from '../../lab/frame.ts'
import type { Lab } from '../../lab/lab.ts'
import type { Machine } from '../../lab/machine.ts'
import { addressOf } from './scenario.ts'
import { macOf } from './traces.ts'

const FRAMES = 60

const receivedPackets = async (machine: Machine): Promise<number> => {
  const [link] = fromJson<[{ readonly stats64: { readonly rx: { readonly packets: number } } }]>(
    await machine.mustRun(['ip', '-j', '-s', 'link', 'show', 'eth0']),
  )
  return link.stats64.rx.packets
}

const container = (lab: Lab, name: string): Machine => {
  const found = lab.containers.get(name)
  if (found === undefined) throw new Error(`the lab has no container ${name}`)
  return found
}

/** A datagram for a sibling, hidden in a frame of another kind. */
const disguise = (kind: string, plain: Uint8Array): Uint8Array => {
  const bytes = Buffer.from(plain)
  const [addresses, rest] = [bytes.subarray(0, 12), bytes.subarray(12)]
  if (kind === 'a VLAN-tagged frame') return Buffer.concat([addresses, Buffer.from('81000007', 'hex'), rest])
  if (kind === 'a frame tagged by a provider')
    return Buffer.concat([addresses, Buffer.from('88a80007', 'hex'), rest])
  // Ethertype 0x88b5: IEEE 802 local experimental ethertype 1.
  return Buffer.concat([addresses, Buffer.from('88b5', 'hex'), rest.subarray(2)])
}

/**
 * Sends many frames of a kind, and returns how many arrived. Other traffic there is a handful of frames.
 * @param behind - a flow that is delivered from the same sender to the same receiver. Frames that pass have arrived
 *   before its answer
 */
const countArrivals = async (
  lab: Lab,
  kind: string,
  {
    from,
    to,
    behind,
  }: { readonly from: string; readonly to: string; readonly behind: () => Promise<unknown> },
): Promise<number> => {
  const [sender, receiver] = [container(lab, from), container(lab, to)]
  const frame = disguise(
    kind,
    buildFrame({
      destinationMac: await macOf(receiver, 'eth0'),
      sourceMac: await macOf(sender, 'eth0'),
      protocol: 'udp',
      source: addressOf(from as 'h2', 'ip'),
      destination: addressOf(to as 'h1', 'ip'),
      sourcePort: 15_700,
      port: 80,
    }),
  )
  const before = await receivedPackets(receiver)
  for (let sent = 0; sent < FRAMES; sent += 1) await sender.sendFrame('eth0', frame)
  await behind()
  return (await receivedPackets(receiver)) - before
}

/** Tests frames between two containers of one bridge that no socket of a container sends. */
export const isolationCases = (currentLab: () => Lab): void => {
  const bridgesCallHooks = async (): Promise<boolean> =>
    (await currentLab().host.sysctl('net.bridge.bridge-nf-call-iptables')) === '1'
  const isolate = (state: 'on' | 'off') =>
    Promise.all(
      ['v-h1', 'v-h2'].map((port) =>
        currentLab().host.mustRun(['bridge', 'link', 'set', 'dev', port, 'isolated', state]),
      ),
    )
  const probeThroughHost = () =>
    container(currentLab(), 'h2').probe({
      protocol: 'tcp',
      destination: addressOf('host', 'ip'),
      port: 8700,
      timeoutMs: 600,
    })

  describe.each(['a VLAN-tagged frame', 'a frame tagged by a provider', 'a frame of another ethertype'])(
    '%s',
    (kind) => {
      test('passes between ports of attachPort on a network with icc off only where bridges call the IP hooks', async () => {
        // With bridge hooks on, isolated ports would not reach a sibling's published port: see the test below.
        const passes = await bridgesCallHooks()
        const behind = async () =>
          expect(await probeThroughHost()).toMatchObject({ delivered: true, by: 'h1' })
        const count = await countArrivals(currentLab(), kind, { from: 'h2', to: 'h1', behind })
        if (passes) expect(count).toBeGreaterThanOrEqual(FRAMES)
        else expect(count).toBeLessThan(FRAMES / 2)
      })

      test('passes between ports of a network with icc on', async () => {
        const direct = { protocol: 'tcp', destination: addressOf('nginx', 'ip'), port: 80 } as const
        const behind = async () =>
          expect(await container(currentLab(), 'sibling').reach(direct)).toMatchObject({ by: 'nginx' })
        const count = await countArrivals(currentLab(), kind, { from: 'sibling', to: 'nginx', behind })
        expect(count).toBeGreaterThanOrEqual(FRAMES)
      })
    },
  )

  test('isolated ports reach a published port of a sibling only where bridges call no hooks', async () => {
    const hooks = await bridgesCallHooks()
    await isolate('on')
    const outcome = await probeThroughHost()
    if (hooks) await isolate('off')
    expect(outcome).toMatchObject(
      hooks ? { delivered: false, how: 'timeout' } : { delivered: true, by: 'h1' },
    )
    expect(await probeThroughHost()).toMatchObject({ delivered: true, by: 'h1' })
  })
}

import { describe, expect, test } from '@jest/globals'
import { type DesiredMapping, type DesiredState, type Reach, reach } from '@portolan/core'
import { prefixContains } from '@portolan/netfilter'
import fc from 'fast-check'
import { type Scene, scenes } from './arbitrary/flow.ts'
import { overlap } from './support/overlap.ts'
import { runs } from './support/runs.ts'

/** Tests one property with many flows. */
const forAll = (ask: (scene: Scene) => void): void =>
  fc.assert(
    fc.property(scenes, (all) => all.forEach(ask)),
    runs(200),
  )

/** The outcome of the flow, without its explanation. */
const outcome = (desired: DesiredState, { flow, host }: Scene): unknown => {
  const { mapping: _, why: __, ...rest } = { mapping: null, why: '', ...reach(desired, flow, host) }
  return rest
}

const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1'

const ownsAddress = ({ desired, flow }: Scene) =>
  desired.networks.find(({ [flow.family]: subnet }) =>
    subnet === null ? false : overlap(subnet.subnet, flow.to.address),
  )

const isHost = ({ flow, host }: Scene): boolean =>
  isLoopback(flow.to.address) || host.addresses.includes(flow.to.address)

/** True: the source belongs to another network than the one that the packet came from. */
const isForged = ({ desired, flow: { family, from } }: Scene): boolean => {
  if (from.kind === 'host') return false
  const homes = desired.networks.filter(
    ({ [family]: subnet }) => subnet !== null && overlap(subnet.subnet, from.address),
  )
  return homes.length > 0 && (from.kind === 'machine' || homes.every(({ name }) => name !== from.network))
}

const admits = (mapping: DesiredMapping, { flow: { from } }: Scene): boolean =>
  from.kind !== 'machine' ||
  ((mapping.interface === null || mapping.interface === from.interface) &&
    (mapping.allowFrom?.some((prefix) => prefixContains(prefix, from.address)) ?? true))

/** True: an entry of `links` or `reachable_from` names the flow. This is computed apart from `reach`. */
const isNamed = ({ desired, flow: { family, protocol, from, to } }: Scene): boolean =>
  (desired.openings ?? []).some((one) => {
    const target = desired.networks.find(({ name }) => name === one.network)
    const isThere =
      one.family === family &&
      (one.address ?? to.address) === to.address &&
      overlap(target?.[family]?.subnet ?? to.address, to.address) &&
      (one.ports?.some((port) => port.protocol === protocol && port.port === to.port) ?? true)
    if (!isThere || from.kind === 'host') return false
    if (one.from.kind === 'interface') return from.kind === 'machine' && from.interface === one.from.name
    if (one.from.kind === 'prefix')
      return from.kind === 'machine' && prefixContains(one.from.prefix, from.address)
    if (one.from.kind === 'network') return from.kind === 'container' && from.network === one.from.network
    return from.kind === 'container' && from.address === one.from.address
  })

describe('the reachability contract', () => {
  test('is tried with flows of every outcome', () => {
    const seen = new Set<Reach['kind']>()
    forAll(({ desired, flow, host }) => seen.add(reach(desired, flow, host).kind))
    expect([...seen].sort()).toEqual(['delivered', 'dropped', 'foreign', 'local', 'outside'])
  })

  test('does not depend on the order of networks, endpoints or mappings', () => {
    forAll((scene) => {
      const { desired } = scene
      const reversed = {
        ...desired,
        networks: desired.networks.toReversed(),
        endpoints: desired.endpoints.toReversed(),
        mappings: desired.mappings.toReversed(),
      }
      expect(outcome(reversed, scene)).toEqual(outcome(desired, scene))
    })
  })

  test('lets allow_from bind other machines, never the host or its containers', () => {
    forAll((scene) => {
      const { desired, flow } = scene
      const free = { ...desired, mappings: desired.mappings.map((one) => ({ ...one, allowFrom: null })) }
      const [bound, unbound] = [outcome(desired, scene), outcome(free, scene)]
      if (flow.from.kind !== 'machine') expect(bound).toEqual(unbound)
      // allow_from may turn another machine's flow into a drop, and changes nothing else.
      else expect([unbound, { kind: 'dropped' }]).toContainEqual(bound)
    })
  })

  test('closes a port to every other machine when allow_from is empty', () => {
    forAll((scene) => {
      const { desired, flow } = scene
      const closed = {
        ...desired,
        networks: desired.networks.map((network) => ({ ...network, internal: true })),
        mappings: desired.mappings.map((one) => ({ ...one, allowFrom: [] })),
      }
      if (flow.from.kind === 'machine')
        expect(outcome(closed, scene)).not.toMatchObject({ kind: 'delivered' })
    })
  })

  test('keeps every other flow as it was when a mapping comes', () => {
    const extra: DesiredMapping = {
      label: 'extra',
      family: 'ip',
      protocol: 'tcp',
      kind: 'nat',
      hostAddress: null,
      hostPort: 65432,
      interface: null,
      allowFrom: ['198.51.100.7/32'],
      targets: [{ service: 's', replica: 1, network: 'n', address: '10.0.0.9', port: 80, weight: 1 }],
    }
    forAll((scene) => {
      const { desired, flow } = scene
      const more = { ...desired, mappings: [extra, ...desired.mappings] }
      const same = flow.family === 'ip' && flow.protocol === 'tcp' && flow.to.port === 65432
      if (!same) expect(outcome(more, scene)).toEqual(outcome(desired, scene))
    })
  })

  test('keeps internal networks and the outside apart', () => {
    forAll((scene) => {
      const { desired, flow } = scene
      const { from } = flow
      const target = ownsAddress(scene)
      if (from.kind === 'machine' && !isHost(scene) && target?.internal === true)
        expect(outcome(desired, scene)).toEqual({ kind: 'dropped' })
      const home =
        from.kind === 'container' ? desired.networks.find(({ name }) => name === from.network) : null
      if (home?.internal === true && !isHost(scene) && target === undefined)
        expect(outcome(desired, scene)).toEqual({ kind: 'dropped' })
    })
  })

  test('delivers by openings only what they name, to the address itself, and changes nothing else', () => {
    let opened = 0
    forAll((scene) => {
      const { openings: _, ...without } = scene.desired
      const [named, unnamed] = [outcome(scene.desired, scene), outcome(without, scene)]
      if (JSON.stringify(named) === JSON.stringify(unnamed)) return
      opened += 1
      const { address, port } = scene.flow.to
      expect(unnamed).toEqual({ kind: 'dropped' })
      expect(named).toEqual({ kind: 'delivered', to: [{ address, port }], seenAs: 'own' })
      expect([isNamed(scene), isForged(scene), isHost(scene)]).toEqual([true, false, false])
    })
    expect(opened).toBeGreaterThan(20)
  })

  test('lets containers of one network talk exactly when icc is on, or they are named', () => {
    forAll((scene) => {
      const { desired, flow } = scene
      const { from, to } = flow
      const target = ownsAddress(scene)
      if (from.kind !== 'container' || from.network !== target?.name || isHost(scene)) return
      expect(outcome(desired, scene)).toEqual(
        target.icc || isNamed(scene)
          ? { kind: 'delivered', to: [{ address: to.address, port: to.port }], seenAs: 'own' }
          : { kind: 'dropped' },
      )
    })
  })

  test('drops a loopback address that comes from anywhere but the host itself', () => {
    forAll((scene) => {
      const { desired, flow } = scene
      const { from, to } = flow
      if (from.kind === 'host') return
      if (isLoopback(from.address) || isLoopback(to.address))
        expect(outcome(desired, scene)).toEqual({ kind: 'dropped' })
    })
  })

  test('drops an address of a network that came from elsewhere, unless it ends at the host itself', () => {
    let forged = 0
    forAll((scene) => {
      if (!isForged(scene)) return
      forged += 1
      expect(isHost(scene) ? ['dropped', 'local'] : ['dropped']).toContain(
        reach(scene.desired, scene.flow, scene.host).kind,
      )
    })
    expect(forged).toBeGreaterThan(100)
  })

  test('reaches a container directly from another machine only where its gateway mode or an entry opens its port', () => {
    forAll((scene) => {
      const { desired, flow } = scene
      const network = ownsAddress(scene)
      const mode = network?.[flow.family]?.mode
      if (network === undefined || isHost(scene) || flow.from.kind !== 'machine') return
      if (isLoopback(flow.from.address)) return
      const opened = desired.mappings.some(
        (one) =>
          one.kind === 'direct' &&
          one.protocol === flow.protocol &&
          one.targets.some(({ address, port }) => address === flow.to.address && port === flow.to.port) &&
          admits(one, scene),
      )
      const open =
        mode === 'nat-unprotected' || (mode === 'routed' && (opened || flow.protocol === 'echo-request'))
      expect(outcome(desired, scene)).toMatchObject({
        kind: (open || isNamed(scene)) && !network.internal && !isForged(scene) ? 'delivered' : 'dropped',
      })
    })
  })

  test('delivers to a host port only where a mapping leads, and by it', () => {
    forAll((scene) => {
      const { desired, flow, host } = scene
      const result = reach(desired, flow, host)
      if (!isHost(scene) || result.kind !== 'delivered') return
      const { mapping, to } = result
      expect(mapping).toMatchObject({
        kind: 'nat',
        family: flow.family,
        protocol: flow.protocol,
        hostPort: flow.to.port,
      })
      expect([null, flow.to.address]).toContain(mapping?.hostAddress)
      expect(to).toEqual(mapping?.targets.map(({ address, port }) => ({ address, port })))
      expect(mapping === null ? false : admits(mapping, scene)).toBe(true)
    })
  })

  test('rewrites no source of another machine, and of a container that leaves just where masquerade says so', () => {
    forAll((scene) => {
      const { desired, flow, host } = scene
      const { from } = flow
      const result = reach(desired, flow, host)
      if (result.kind === 'delivered' && from.kind === 'machine') expect(result.seenAs).toBe('own')
      if (result.kind !== 'outside' || from.kind !== 'container') return
      const home = desired.networks.find(({ name }) => name === from.network)
      expect(result.seenAs).toBe(home?.[flow.family]?.masquerade === true ? 'host' : 'own')
    })
  })
})

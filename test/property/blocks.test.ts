import { describe, expect, test } from '@jest/globals'
import { type DesiredState, type DesiredSubnet, type Flow, type Reach, reach } from '@portolan/core'
import fc from 'fast-check'
import { type ClusterScene, clusterScenes } from './arbitrary/flow.ts'
import { overlap } from './support/overlap.ts'
import { runs } from './support/runs.ts'

const forAll = (ask: (scene: ClusterScene) => void): void =>
  fc.assert(
    fc.property(clusterScenes, (all) => all.forEach(ask)),
    runs(200),
  )

/** The outcome of the flow, without its explanation. */
const outcome = (desired: DesiredState, { flow, host }: ClusterScene): Partial<Reach> => {
  const { mapping: _, why: __, ...rest } = { mapping: null, why: '', ...reach(desired, flow, host) }
  return rest
}

type Network = DesiredState['networks'][number]

/** The networks of this host that take part in the cluster. This is computed apart from `withNeighbours`. */
const partsIn = ({
  alone,
  own,
  flow: { family },
}: ClusterScene): readonly (Network & { at: DesiredSubnet })[] =>
  alone.networks.flatMap((network) => {
    const subnet = network[family]
    const isOpen = !network.internal && !network.external && network.icc
    if (subnet === null || subnet.gateway === null || subnet.mode === 'isolated' || !isOpen) return []
    return own.includes(subnet.subnet) ? [{ ...network, at: subnet }] : []
  })

const isIn = (blocks: readonly string[], address: string): boolean =>
  blocks.some((block) => overlap(block, address))

/** True: the flow goes from a container of such a network, with its own address, to another host's block. */
const leaves = (scene: ClusterScene): boolean => {
  const { from, to } = scene.flow
  return (
    from.kind === 'container' &&
    isIn(scene.others, to.address) &&
    partsIn(scene).some(({ name, at }) => name === from.network && overlap(at.subnet, from.address))
  )
}

/** True: the flow comes from a machine with an address in another host's block, to a container of such a network. */
const enters = (scene: ClusterScene): boolean => {
  const { from, to }: Flow = scene.flow
  return (
    from.kind === 'machine' &&
    isIn(scene.others, from.address) &&
    !scene.host.addresses.includes(to.address) &&
    partsIn(scene).some(({ at }) => overlap(at.subnet, to.address))
  )
}

describe('the contract on a host of a cluster', () => {
  test('lets what goes between blocks leave and come in with its own source', () => {
    let [left, came] = [0, 0]
    forAll((scene) => {
      if (leaves(scene)) {
        left += 1
        expect(outcome(scene.desired, scene)).toEqual({ kind: 'outside', seenAs: 'own' })
      }
      if (enters(scene)) {
        came += 1
        const { address, port } = scene.flow.to
        expect(outcome(scene.desired, scene)).toEqual({
          kind: 'delivered',
          to: [{ address, port }],
          seenAs: 'own',
        })
      }
    })
    expect(Math.min(left, came)).toBeGreaterThan(20)
  })

  test('is that of a host of its own for all else', () => {
    let same = 0
    forAll((scene) => {
      if (leaves(scene) || enters(scene)) return
      same += 1
      expect(outcome(scene.desired, scene)).toEqual(outcome(scene.alone, scene))
    })
    expect(same).toBeGreaterThan(1000)
  })

  test('changes what becomes of a flow to a source that is its own, or from dropped to delivered', () => {
    forAll((scene) => {
      const [before, after] = [outcome(scene.alone, scene), outcome(scene.desired, scene)]
      if (JSON.stringify(before) === JSON.stringify(after)) return
      expect([
        [{ kind: 'outside', seenAs: 'host' }, 'outside'],
        [{ kind: 'dropped' }, 'delivered'],
      ]).toContainEqual([before, after.kind])
    })
  })
})

import { describe, expect, test } from '@jest/globals'
import { emptyState, noFlows, type OwedFlows } from '@portolan/host'
import { planRemoval } from '../../src/destroy/plan-removal.ts'
import { owedFlowChanges } from '../../src/plan/flow-change.ts'
import { after, planOf } from '../shop.ts'

const dns = { family: 'ip', protocol: 'udp', hostAddress: null, hostPort: 53 } as const
const old = { ...dns, address: '172.17.0.2', port: 53 }
const owed: OwedFlows = { mapped: [old], untranslated: [dns] }
const standing = (address: string) => [{ ...dns, targets: [{ address, port: 53 }] }]

describe('connections that an interrupted run left', () => {
  test('through a mapping that leads elsewhere, and past it, are one change', () => {
    expect(owedFlowChanges(owed, standing('172.17.0.3'))).toMatchObject([
      {
        action: 'remove',
        object: 'connections',
        description:
          'Forget the connections that an interrupted run left bound to where they went before: 0.0.0.0:53/udp -> 172.17.0.2:53, 0.0.0.0:53/udp.',
        operation: { kind: 'forget-flows', due: owed, noted: owed },
      },
    ])
  })

  test('through a mapping that stands again stay', () => {
    expect(owedFlowChanges({ ...owed, untranslated: [] }, standing('172.17.0.2'))).toEqual([])
  })

  test('past a mapping that stands no more stay', () => {
    expect(owedFlowChanges({ mapped: [], untranslated: [dns] }, [])).toEqual([])
    expect(owedFlowChanges(noFlows, [])).toEqual([])
  })

  test('keep a plan from having nothing to do', () => {
    const host = after(planOf())
    expect(planOf(host).changes).toEqual([])
    const plan = planOf({ ...host, owed: { mapped: [old], untranslated: [] } })
    expect(plan.summary).toEqual({ add: 0, change: 0, remove: 1 })
    expect(String(plan)).toContain('- 0.0.0.0:53/udp -> 172.17.0.2:53')
    expect(String(plan)).not.toContain('Nothing to do')
  })

  test('are forgotten by a removal, whichever project it is of', () => {
    const state = { ...emptyState, owed: { mapped: [old], untranslated: [] } }
    const removal = planRemoval({
      surroundings: { rules: null, unread: [], settings: [] },
      ...after(planOf()),
      project: 'ghost',
      state,
      leases: null,
      stateDirectory: '/state',
      live: [],
    })
    expect(removal.changes).toMatchObject([{ part: 'conntrack', operation: { due: state.owed } }])
  })
})

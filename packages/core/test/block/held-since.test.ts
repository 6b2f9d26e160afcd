import { describe, expect, test } from '@jest/globals'
import { type ClusterNeighbours, heldSince } from '../../src/index.ts'

const remembered = {
  ...{ cluster: 'prod', host: 'web-1' },
  blocks: [
    { block: '10.64.1.0/24', revision: 3 },
    { block: 'fd00:1234::/64', revision: 4 },
  ],
  leaving: [],
  lost: [],
}
const all = remembered.blocks.map(({ block }) => block)
const seen = (pools: readonly string[], more: Partial<ClusterNeighbours> = {}): ClusterNeighbours => ({
  ...{ cluster: 'prod', host: 'web-1', revision: 7, blocks: all, others: [], pools },
  ...more,
})

describe('the blocks of a host since it joined', () => {
  test.each<[string, ClusterNeighbours, readonly string[]]>([
    ['whose pool was taken away are leaving', seen(['10.72.0.0/22:26', 'fd00:1234::/48:64']), [all[0] ?? '']],
    [
      'that are cut otherwise by now are leaving',
      seen(['10.64.0.0/16:26', 'fd00:1234::/48:64']),
      [all[0] ?? ''],
    ],
    ['that pools have stay', seen(['10.64.0.0/16:24', 'fd00:1234::/48:64']), []],
    ['are as remembered where no pools were seen', seen([]), []],
    ['are as remembered where they were seen before', seen(['10.72.0.0/22:26'], { revision: 2 }), []],
    ['are as remembered where another host saw it', seen(['10.72.0.0/22:26'], { host: 'web-2' }), []],
  ])('%s', (_name, since, leaving) => {
    expect(heldSince(remembered, since)).toEqual({ blocks: all, leaving, lost: [] })
  })

  test('stay where their pool came back', () => {
    const before = { ...remembered, leaving: ['10.64.1.0/24'] }
    expect(heldSince(before, seen(['10.64.0.0/16:24', 'fd00:1234::/48:64'])).leaving).toEqual([])
    expect(heldSince(before, null).leaving).toEqual(['10.64.1.0/24'])
  })

  test('are those again that were lost, where the cluster says by now that they are of this host', () => {
    const lost = [{ block: '10.64.1.0/24', takenBy: 'web-2', revision: 5 }]
    const before = { ...remembered, blocks: remembered.blocks.slice(1), lost }
    const pools = ['10.64.0.0/16:24', 'fd00:1234::/48:64']
    const { blocks, lost: still } = heldSince(before, seen(pools))
    expect([blocks.toSorted(), still]).toEqual([all, []])
    expect(heldSince(before, seen(pools, { revision: 4 })).lost).toMatchObject([{ takenBy: 'web-2' }])
  })

  test('are lost to the host that has a larger block around them by now', () => {
    const others = [{ block: '10.64.0.0/22', host: 'web-2', via: null }]
    const since = seen(['10.64.0.0/16:22', 'fd00:1234::/48:64'], { blocks: all.slice(1), others })
    expect(heldSince(remembered, since).lost).toEqual([{ block: '10.64.1.0/24', takenBy: 'web-2' }])
  })
})

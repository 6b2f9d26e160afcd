import { expect, test } from '@jest/globals'
import { findLostBlock } from '../../src/conflict/find-lost-block.ts'
import { planSubnets } from '../../src/pool/index.ts'
import { findSubnetOverlaps } from '../../src/resolve/network-conflicts.ts'

test.each([
  { blocks: [], commands: ['portolan cluster join'] },
  { blocks: ['10.64.3.0/24'], commands: [] },
])(
  'a program that holds a network in a lost block is told the same by a plan as by a status',
  ({ blocks: own, commands }) => {
    const blocks = {
      ...{ cluster: 'lab', pools: null, blocks: own, join: 'portolan cluster join' },
      lost: [{ block: '10.64.1.0/24', takenBy: 'h2' }],
    }
    const subnet = '10.64.1.0/25'
    const wish = { network: 'web', family: 'ip', subnet } as const
    const [planned] = planSubnets({}, [wish], [], { blocks })
    if (planned === undefined) throw new Error('it has a plan')
    const [found] = findSubnetOverlaps([{ ...planned, origin: 'held' }], [], {}, { isLive: true, blocks })
    expect(found?.remedy.commands).toEqual(commands)
    expect(found?.remedy).toEqual(findLostBlock({ network: 'web', subnet }, blocks, true)?.remedy)
  },
)

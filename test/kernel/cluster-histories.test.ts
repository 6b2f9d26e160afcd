import { expect, test } from '@jest/globals'
import { openMembersSite } from '../lab/cluster/members-site.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { runHistory } from './cluster/run-history.ts'

const given = process.env.PORTOLAN_CLUSTER_HISTORIES
const histories = Number(given ?? 2)
const seed = Number(process.env.PORTOLAN_SEED)
const say = given === undefined ? () => {} : (line: string) => void process.stderr.write(`${line}\n`)

/** Hosts and members of each site: as many sites as histories, which are shared out among them. */
const sites = (
  [
    [3, 1],
    [5, 3],
    [3, 3],
    [5, 1],
  ] as const
).slice(0, histories)

describeBeside('a random history of a cluster', ['etcd'], () => {
  test.each(sites)(
    'on %i hosts with etcd of %i members no two hosts have one block, no two processes one address, all reach each other, and nothing is left at the end',
    async (hostCount, memberCount) => {
      const at = sites.findIndex(([one, other]) => one === hostCount && other === memberCount)
      const broken: unknown[] = []
      for (let one = at; one < histories; one += sites.length) {
        await using site = await openMembersSite(hostCount, memberCount)
        const lines: string[] = []
        const hear = (line: string): void => {
          lines.push(line)
          say(line)
        }
        hear(`history ${one} of PORTOLAN_SEED=${seed}`)
        const faults = await runHistory(site, `history-${one}`, seed + one, hear)
        say(`history ${one}: ${faults.length === 0 ? 'kept' : faults.join('\n')}`)
        if (faults.length > 0) broken.push({ faults, lines })
      }
      expect(broken).toEqual([])
    },
    7_200_000,
  )
})

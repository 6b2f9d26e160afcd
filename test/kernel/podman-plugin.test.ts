import { afterEach } from '@jest/globals'
import type { Lab } from '../lab/lab.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { workerLabs } from '../lab/worker-labs.ts'
import { contract } from './podman-plugin/contract.ts'
import { fullDisk } from './podman-plugin/full-disk.ts'
import { handedOver } from './podman-plugin/handed-over.ts'
import { lostState } from './podman-plugin/lost-state.ts'
import { many } from './podman-plugin/many.ts'
import { severalNetworks } from './podman-plugin/several-networks.ts'
import { verbs } from './podman-plugin/verbs.ts'

describeBeside('the plugin of Podman', ['podman'], () => {
  const opened: Lab[] = []
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((lab) => lab[Symbol.asyncDispose]()))
  })
  const kept = async (lab: Promise<Lab>): Promise<Lab> => {
    opened.push(await lab)
    return lab
  }
  const open = (): Promise<Lab> => kept(workerLabs().open())
  contract(open)
  verbs(open)
  handedOver(open)
  fullDisk(open)
  severalNetworks(open)
  lostState(open)
  many(open)
})

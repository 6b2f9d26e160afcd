import { afterAll, afterEach } from '@jest/globals'
import { type Lab, openLab } from '../lab/lab.ts'
import { labPool } from '../lab/lab-pool.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
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
  // Podman has mounts of its own on a host, and that host serves one test.
  const open = (): Promise<Lab> => kept(openLab())
  const labs = labPool()
  afterAll(() => labs[Symbol.asyncDispose]())
  const openWithout = (): Promise<Lab> => kept(labs.open())
  contract(open)
  verbs(openWithout)
  handedOver(openWithout)
  fullDisk(openWithout)
  severalNetworks(open)
  lostState(open)
  many(open)
})

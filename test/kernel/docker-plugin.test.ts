import { afterAll, beforeAll } from '@jest/globals'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { startDocker } from '../lab/neighbour/docker.ts'
import { startDockerPlugin } from '../lab/neighbour/docker-plugin.ts'
import { workerLabs } from '../lab/worker-labs.ts'
import type { DockerSite } from './docker-plugin/docker-site.ts'
import { ended } from './docker-plugin/ended.ts'
import { endings } from './docker-plugin/endings.ts'
import { fullDisk } from './docker-plugin/full-disk.ts'
import { killed } from './docker-plugin/killed.ts'
import { lostState } from './docker-plugin/lost-state.ts'
import { networks } from './docker-plugin/networks.ts'
import { reach } from './docker-plugin/reach.ts'
import { refusals } from './docker-plugin/refusals.ts'
import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'

// These tests play dockerd themselves, so that many kills take less time.
describeLifecycle('killed calls of the Docker plugin', 'nftables', killed)
describeLifecycle('containers that end without the Docker plugin', 'nftables', ended)
describeLifecycle('a full disk under the Docker plugin', 'nftables', fullDisk)

describeBeside('networks of Docker with the driver portolan', ['docker'], () => {
  // dockerd takes seconds to start, so one host serves all these tests.
  let dockerSite: DockerSite | null = null
  beforeAll(async () => {
    const lab = await workerLabs().open()
    const plugin = await startDockerPlugin(lab, 'iptables-nft')
    dockerSite = {
      lab,
      plugin,
      docker: await startDocker(lab, { 'userland-proxy': false, 'live-restore': true }),
    }
  })
  afterAll(async () => {
    await dockerSite?.lab[Symbol.asyncDispose]()
  })
  const openedSite = (): DockerSite => {
    if (dockerSite === null) throw new Error('no host was opened')
    return dockerSite
  }
  reach(openedSite)
  networks(openedSite)
  refusals(openedSite)
  endings(openedSite)
  lostState(openedSite)
})

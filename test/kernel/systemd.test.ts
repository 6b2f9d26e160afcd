import { afterAll, beforeAll } from '@jest/globals'
import { openLab } from '../lab/lab.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { startEtcd } from '../lab/neighbour/etcd.ts'
import { startSystemd } from '../lab/neighbour/systemd.ts'
import { cluster } from './systemd/cluster.ts'
import { docker } from './systemd/docker.ts'
import type { Here } from './systemd/here.ts'
import { startLimits } from './systemd/start-limits.ts'
import { watch } from './systemd/watch.ts'

describeBeside('units on a host with systemd as its first process', ['systemd', 'etcd'], () => {
  let here: Here | null = null
  beforeAll(async () => {
    const lab = await openLab()
    const [systemd, etcd] = await Promise.all([startSystemd(lab), startEtcd(lab.host)])
    lab.use(etcd)
    here = { lab, systemd, etcd }
  })
  afterAll(async () => {
    await here?.lab[Symbol.asyncDispose]()
  })
  const opened = (): Here => {
    if (here === null) throw new Error('no host was opened')
    return here
  }
  watch(opened)
  docker(opened)
  cluster(opened)
  startLimits(opened)
})

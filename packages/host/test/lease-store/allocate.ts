// Leases addresses, and prints each once it is on the disk. It is a program of its own, so that a test can kill it at
// any instant. Arguments: DIRECTORY NAME COUNT FIRST BATCH
import { writeSync } from 'node:fs'
import { acquireAddress, type LeaseChange, type LeasedAddress, leaseKey, releaseLease } from '@portolan/core'
import { openLeaseStore } from '../../src/lease-store/open-lease-store.ts'

const say = (line: string): void => void writeSync(1, `${line}\n`)

const allocate = async (
  directory: string,
  service: string,
  count: number,
  first: number,
  batch: number,
): Promise<void> => {
  say('begin')
  const store = openLeaseStore(directory)
  for (let replica = first; replica < first + count; replica += batch) {
    const leases = await store.transact((before) => {
      let state = before
      const changes: LeaseChange[] = []
      const result: LeasedAddress[] = []
      for (let one = replica; one < replica + batch; one += 1) {
        const step = acquireAddress(state, {
          on: { project: 'shop', network: 'web' },
          holder: { project: 'shop', service, replica: one },
          subnet: '10.0.0.0/16',
          gateway: '10.0.0.1',
          ipRange: null,
          address: null,
          mac: null,
        })
        state = step.state
        changes.push(...step.changes)
        result.push(step.result)
      }
      return { state, changes, result }
    })
    for (const { holder, address } of leases) say(`+ ${holder.replica} ${address}`)
    // Some leases are released again, so that not only new records are written.
    for (const lease of leases.filter(({ holder }) => holder.replica % 5 === 0)) {
      say(`? ${lease.holder.replica}`)
      await store.transact((state) => releaseLease(state, leaseKey(lease)))
      say(`- ${lease.holder.replica}`)
    }
  }
  await store.close()
}

const [directory = '', service = '', ...numbers] = process.argv.slice(2)
const [count = 0, first = 1, batch = 1] = numbers.map(Number)
void allocate(directory, service, count, first, batch)

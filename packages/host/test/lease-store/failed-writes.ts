// Leases one address after the other, whether or not a lease fails. It prints each outcome, and is a program of its own.
// Arguments: DIRECTORY COUNT
import { writeSync } from 'node:fs'
import { acquireAddress } from '@portolan/core'
import { openLeaseStore } from '../../src/lease-store/open-lease-store.ts'

const lease = async (directory: string, count: number): Promise<void> => {
  const store = openLeaseStore(directory)
  for (let replica = 1; replica <= count; replica += 1) {
    const outcome = store.transact((before) => {
      const { state, changes } = acquireAddress(before, {
        on: { project: 'shop', network: 'web' },
        holder: { project: 'shop', service: 'again', replica },
        subnet: '10.0.0.0/16',
        gateway: '10.0.0.1',
        ipRange: null,
        address: null,
        mac: null,
      })
      return { state, changes, result: 'leased' }
    })
    writeSync(1, `${await outcome.catch(({ message }: Error) => message)}\n`)
  }
  await store.close()
}

const [directory = '', count = ''] = process.argv.slice(2)
void lease(directory, Number(count))

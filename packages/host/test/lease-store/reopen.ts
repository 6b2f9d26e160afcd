// Opens a store, leases an address and closes the store, again and again. It prints each address, and ends at the first
// failure. It is a program of its own. Arguments: DIRECTORY NAME COUNT
import { writeSync } from 'node:fs'
import { acquireAddress } from '@portolan/core'
import { openLeaseStore } from '../../src/lease-store/open-lease-store.ts'

const reopen = async (directory: string, service: string, count: number): Promise<void> => {
  for (let replica = 1; replica <= count; replica += 1) {
    const store = openLeaseStore(directory)
    await store.read()
    const address = await store.transact((before) => {
      const { state, changes, result } = acquireAddress(before, {
        on: { project: 'shop', network: 'web' },
        holder: { project: 'shop', service, replica },
        subnet: '10.0.0.0/16',
        gateway: '10.0.0.1',
        ipRange: null,
        address: null,
        mac: null,
      })
      return { state, changes, result: result.address }
    })
    writeSync(1, `${address}\n`)
    await store.close()
  }
}

const [directory = '', service = '', count = ''] = process.argv.slice(2)
void reopen(directory, service, Number(count))

// Leases addresses one by one until it is killed. It prints each lease on standard output once it is acknowledged.
// Arguments: STORE DIRECTORY FIRST
import { writeSync } from 'node:fs'
import { leaseOne } from './lease-one.ts'
import { openStore, type StoreName } from './open-stores.ts'

const [name = '', directory = '', first = '1'] = process.argv.slice(2)
const store = openStore(name as StoreName, directory)
for (let replica = Number(first); ; replica += 1) {
  const { address } = await store.transact((state) => leaseOne(state, replica))
  writeSync(1, `${replica} ${address}\n`)
}

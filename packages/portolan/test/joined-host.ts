import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from '@jest/globals'
import { type RememberedMember, writeMember } from '@portolan/host'

/** The URL by which a host joined a cluster, and the state that it stored then. */
export const joinedBy = 'etcd://192.0.2.1/prod'
export const joinedMember: RememberedMember = {
  ...{ cluster: 'prod', host: 'web-1', incarnation: 'a1', pools: ['10.64.0.0/12:24'], url: joinedBy },
  ...{ blocks: [{ block: '10.64.1.0/24', revision: 3 }], leaving: [], lost: [] },
}

interface StateFolder {
  readonly path: string
  /** Makes the host of this directory join, with the values of `joinedMember` and changes. */
  join(other?: Partial<RememberedMember>): Promise<unknown>
}

/** A new state directory for each test. */
export const stateFolder = (): StateFolder => {
  let folder = ''
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'portolan-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))
  return {
    get path() {
      return folder
    },
    join: (other = {}) => writeMember(folder, { ...joinedMember, ...other }),
  }
}

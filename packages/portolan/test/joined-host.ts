import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from '@jest/globals'
import { type RememberedMember, writeMember } from '@portolan/host'

/** A URL by which a host joined a cluster, and what it remembers of itself then. */
export const joinedBy = 'etcd://192.0.2.1/prod'
export const joinedMember: RememberedMember = {
  ...{ cluster: 'prod', host: 'web-1', incarnation: 'a1', pools: ['10.64.0.0/12:24'], url: joinedBy },
  ...{ blocks: [{ block: '10.64.1.0/24', revision: 3 }], leaving: [], lost: [] },
}

interface StateFolder {
  readonly path: string
  /** The host of this directory joins, as `joinedMember` but for what is told. */
  join(other?: Partial<RememberedMember>): Promise<unknown>
}

/** A state directory that each test has anew. */
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

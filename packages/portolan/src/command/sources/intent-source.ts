import { defaultStateDirectory } from '@portolan/host'
import { InvalidRequestError } from '@portolan/netfilter'
import { openStoredIntent, type StoredIntent } from '../../stored-intent/stored-intent.ts'
import { clusterUrl } from '../cluster/cluster-url.ts'
import type { Options } from '../options/option-table.ts'
import { withOwnOptions } from '../options/with-own-options.ts'
import { readIntent } from './read-intent.ts'

/** A source from which the intent is read again and again. */
export interface IntentSource
  extends Pick<StoredIntent, 'read' | 'keep' | 'isLost' | 'keepAgain' | 'lastBackend' | 'rearm' | 'inForce'> {
  /** The words before "read again" in a sentence. */
  readonly name: string
  /** The words before what is described in a sentence. */
  readonly describes: string
  /** The way to change the text, as a clause that follows "or". */
  readonly wayOut: string
}

export const fileSource = (options: Options): IntentSource => ({
  read: () => readIntent(options),
  keep: async () => {},
  isLost: () => false,
  keepAgain: async () => {},
  lastBackend: async () => ({}),
  rearm: () => {},
  inForce: () => null,
  name: 'the files were',
  describes: 'the files describe',
  wayOut: 'change the file: `portolan plan` shows all of it',
})

export const keySource = (options: Options, stored: StoredIntent): IntentSource => {
  const { read, keep, isLost, keepAgain, lastBackend, rearm, inForce } = stored
  const key = (options.intent ?? '').replace(/^etcd:\/\//, '')
  return {
    ...{ read, keep, isLost, keepAgain, lastBackend, rearm, inForce },
    name: `${options.intent} was`,
    describes: `${options.intent} describes`,
    wayOut: `change the text under the key \`${key}\`: \`etcdctl put ${key} < compose.yaml\``,
  }
}

/** The key that --intent names; null: there is none. */
export const openIntent = async (options: Options): Promise<StoredIntent | null> =>
  options.intent === undefined
    ? null
    : openStoredIntent({
        url: options.intent,
        cluster: clusterUrl(options),
        directory: options.state ?? defaultStateDirectory(),
        project: options.project,
        profiles: options.profile,
        remembers: options.check !== true,
        written: withOwnOptions(options),
      })

/** Refuses options about files, because a text in etcd has no files beside it. */
export const refuseFiles = (options: Options): void => {
  if (options.intent === undefined) return
  const extra = (['file', 'env-file', 'project-directory'] as const).find(
    (name) => options[name] !== undefined,
  )
  if (extra === undefined) return
  throw new InvalidRequestError(
    `--intent names the one text that the project is read from, so --${extra} has no use: give one of the two.`,
  )
}

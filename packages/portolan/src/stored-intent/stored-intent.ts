import { hidePassword, type Intent, parseClusterUrl, readCompose } from '@portolan/core'
import {
  type AppliedText,
  appliedTextFile,
  hasAppliedText,
  readAppliedText,
  readAppliedTextOf,
  writeAppliedText,
} from '@portolan/host'
import { InvalidRequestError, PortolanError } from '@portolan/netfilter'
import type { Backend } from '../backend/backend.ts'
import { type ClusterKey, openClusterKey } from '../cluster/open-cluster.ts'
import type { PlanOptions } from '../plan/plan-options.ts'
import { answerIn, followKey, PAUSE_MS } from './follow-key.ts'
import { heldText } from './held-text.ts'
import { beginHistory, type KeyAnswer, type KeyHistory, type TextInForce } from './key-history.ts'
import { lastBackendOf } from './last-backend.ts'

/** The Compose text that a key of etcd holds. */
export interface StoredIntent {
  /** The intent of the text that came last. @throws PortolanError where there is no text, or it cannot be taken */
  read(): Intent
  /** Why the first text is the one that was in force, and not that of etcd; null: it is that of etcd. */
  readonly unread: PortolanError | null
  /**
   * The intent of the text that was in force on this host before this was opened; null: there was none, or it cannot be
   * taken any more.
   */
  inForce(): Intent | null
  /** Aborted once another text has come since the last `rearm`. */
  readonly changed: AbortSignal
  rearm(): void
  /** Remembers the text that was read last as in force with that backend. */
  keep(backend: Backend): Promise<void>
  /** Is the text in force no longer remembered anywhere? */
  isLost(): boolean
  /** Remembers the text in force again. */
  keepAgain(backend: Backend): Promise<void>
  /** The backend with which the project was in force last. */
  lastBackend(project: string): Promise<Pick<PlanOptions, 'lastBackend'>>
  /**
   * Begins to follow the key.
   *
   * @param miss - receives why the key is not read, each reason once
   * @param found - called when the key is read again
   */
  follow(miss: (error: PortolanError, retryMs: number | null) => void, found: () => void): void
  close(): Promise<void>
}

interface StoredIntentOptions {
  /** `etcd:///KEY` */
  readonly url: string
  /** The URL of the cluster. It says where the servers are. */
  readonly cluster: string
  readonly directory: string
  readonly project: string | undefined
  readonly profiles: readonly string[] | undefined
  /** Remember each text that comes into force? */
  readonly remembers: boolean
  /** Writes a command of `portolan`. */
  readonly written: (command: string) => string
}

/** @throws InvalidRequestError for a URL that names no key */
const keyOf = (url: string): string => {
  const [, server = '', key = ''] = /^etcd:\/\/([^/]*)(\/[\x21-\x7e]{1,1024})$/.exec(url) ?? []
  if (key === '' || key.endsWith('/'))
    throw new InvalidRequestError(
      `--intent ${JSON.stringify(hidePassword(url))} names no key of etcd: write etcd:///KEY, such as etcd:///shop for what \`etcdctl put /shop\` wrote.`,
    )
  if (server !== '')
    throw new InvalidRequestError(
      `--intent ${JSON.stringify(hidePassword(url))} names a server. The servers are those of the cluster: write ${hidePassword(url) === url ? `etcd://${key}` : 'etcd:///KEY'}, and name them with --cluster or as cluster: in config.yaml.`,
    )
  return key
}

/** Refuses a file. A text in etcd has no folder, and must not make this host read its own files. */
const refuseFile = (path: string): never => {
  throw new InvalidRequestError(
    `it names the file ${JSON.stringify(path)}, and a text in etcd has no files beside it (include, extends, env_file). Write what the file has into the text: \`docker compose config\` prints all of a project as one.`,
  )
}

/** The folder that names the project: `/prod/shop.yaml` is project shop, unless the text or -p says otherwise. */
const folderOf = (key: string): string => key.replace(/\.[^./]*$/, '')

/**
 * Opens the text of a key. The text that was in force last on this host takes its place while etcd cannot be reached,
 * or the key is gone or holds a text with an error.
 *
 * @throws PortolanError where there is no text that can be taken
 */
export const openStoredIntent = async (options: StoredIntentOptions): Promise<StoredIntent> => {
  const { url, cluster, directory, project, profiles, remembers, written } = options
  const key = keyOf(url)
  /** The project of the texts, once it is known. */
  let known = project
  const parse = (text: string | null): Intent => {
    if (text === null)
      throw new PortolanError(
        'INTENT_MISSING',
        `${url} is not there: no Compose text is under that key. Nothing is removed for that. Put a text there (\`etcdctl put ${key} < compose.yaml\`), or end the project: stop the watch, and run \`${written(`portolan destroy -p ${known ?? 'PROJECT'}`)}\`.`,
      )
    const intent = readCompose(text, {
      source: url,
      folder: folderOf(key),
      load: refuseFile,
      loadVariables: refuseFile,
      ...(project === undefined ? {} : { project }),
      ...(profiles === undefined ? {} : { profiles }),
    })
    // A watch holds the project with which it began.
    known ??= intent.project
    return intent
  }
  const store = await openClusterKey(cluster, key)
  try {
    // The servers of a cluster may change, and its name stays. With -p, one text may be several projects.
    const from = `${url} of cluster ${parseClusterUrl(cluster).cluster}${project === undefined ? '' : ` as project ${project}`}`
    const kept = await keptText(directory, from)
    const inForce = kept === null || kept instanceof PortolanError ? null : textOf(kept)
    const stopped = new AbortController()
    const refuse = (history: KeyHistory): PortolanError =>
      olderText(url, key, appliedTextFile(directory, from), history)
    const first = await firstAnswer(store, kept, (answer) => {
      const history = beginHistory(inForce, answer)
      if (history.isOlder) throw refuse(history)
      parse(answer.text)
    })
    const held = heldText(first.answer, inForce, {
      parse,
      refuse,
      write: async ({ text, revisions }, intent, backend) => {
        if (!remembers) return
        await writeAppliedText(directory, from, {
          ...{ project: intent.project, text, backend, url },
          ...(profiles === undefined ? {} : { profiles }),
          ...(revisions === null ? {} : { revisions }),
        })
      },
    })
    let changed = new AbortController()
    return {
      read: held.read,
      unread: first.unread,
      inForce: () => (inForce === null ? null : parsed(() => parse(inForce.text))),
      get changed() {
        return changed.signal
      },
      rearm: () => {
        changed = new AbortController()
      },
      keep: held.keep,
      isLost: () => held.isKept() && !hasAppliedText(directory, from),
      keepAgain: held.keepAgain,
      lastBackend: (of) => lastBackend(directory, of),
      follow(miss, found) {
        const hear = (now: KeyAnswer): void => {
          if (held.hear(now)) changed.abort()
          void held.keepHeard()
        }
        const follower = {
          signal: stopped.signal,
          hear,
          found,
          miss: (error: PortolanError) => miss(error, PAUSE_MS),
        }
        followKey(store, follower).catch((error: unknown) => {
          if (!(error instanceof PortolanError)) throw error
          miss(error, null)
        })
      },
      async close() {
        stopped.abort()
        await store.close()
      },
    }
  } catch (error) {
    await store.close()
    throw error
  }
}

const parsed = (parse: () => Intent): Intent | null => {
  try {
    return parse()
  } catch (error) {
    if (error instanceof PortolanError) return null
    throw error
  }
}

/** The last backend of a project. None where the record cannot be read: the record is written anew with the text. */
const lastBackend: (directory: string, project: string) => ReturnType<StoredIntent['lastBackend']> = async (
  directory,
  project,
) => {
  try {
    return lastBackendOf((await readAppliedTextOf(directory, project)) ?? {})
  } catch (error) {
    if (error instanceof PortolanError && error.code === 'STATE') return {}
    throw error
  }
}

/**
 * The text that was in force last. A damaged record is returned as an error, because it is needed only where etcd has
 * no text.
 */
const keptText = async (directory: string, from: string): Promise<AppliedText | PortolanError | null> => {
  try {
    return await readAppliedText(directory, from)
  } catch (error) {
    if (error instanceof PortolanError && error.code === 'STATE') return error
    throw error
  }
}

const textOf = ({ text, revisions }: AppliedText): TextInForce => ({
  ...{ text, revisions: revisions ?? null },
})

/**
 * Reads the text of etcd, or else takes the one that was in force. The caller tells the reason once the key is
 * followed, or where it is not followed.
 */
const firstAnswer = async (
  store: ClusterKey,
  kept: AppliedText | PortolanError | null,
  check: (answer: KeyAnswer) => void,
): Promise<{ readonly answer: KeyAnswer; readonly unread: PortolanError | null }> => {
  try {
    const answer = answerIn(await store.read())
    check(answer)
    return { answer, unread: null }
  } catch (error) {
    if (kept === null || !(error instanceof PortolanError)) throw error
    if (kept instanceof PortolanError)
      throw new PortolanError(error.code, `${error.message} ${kept.message}`, { cause: error })
    const { put, seen, older = seen } = kept.revisions ?? { put: 0, seen: 0 }
    return { answer: { text: kept.text, put, revision: older }, unread: error }
  }
}

const olderText = (url: string, key: string, file: string, { inForce, last }: KeyHistory): PortolanError => {
  const { put = 0, seen = 0 } = inForce?.revisions ?? {}
  return new PortolanError(
    'INTENT_OLDER',
    `${url} has an older text than the one in force: it was put at revision ${last.put} of etcd, which is at ${last.revision}. The one in force was put at ${put}, and this host has seen ${seen}. So etcd has an older copy of its data, or is another one. The last text stays in force. A text that is put anew is taken: \`etcdctl put ${key} < compose.yaml\`; the one that is in force: \`tail -n +3 ${file} | etcdctl put ${key}\`; or the one that etcd has: \`etcdctl get ${key} --print-value-only | etcdctl put ${key}\`. Or restore a later copy.`,
  )
}

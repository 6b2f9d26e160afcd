import { join } from 'node:path'
import { openJournal } from '@portolan/host'
import { portsAsJson } from './ports-as-json.ts'
import { type WantedState, wantedStateIn } from './wanted-state.ts'

/** Where the wanted state of a live project is kept. */
export const wantedStateFile = (stateDirectory: string, project: string): string =>
  join(stateDirectory, 'live', `${project}.journal`)

/** Opens the wanted state of a project. No file is made until something is wanted. */
export const openWantedState = (stateDirectory: string, project: string): WantedState =>
  wantedStateIn((follower) => openJournal(wantedStateFile(stateDirectory, project), follower, portsAsJson()))

/** What `portolan detach` has to be told of an endpoint on a parent. */
export const parentedDetach = (project: string): string => ` -p ${project} --netns ...`

/** The options that `portolan detach` needs for an endpoint on a parent. */
export const parentedDetach = (project: string): string => ` -p ${project} --netns ...`

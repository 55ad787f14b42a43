//! Which file systems are no place for SQLite: those where another machine writes too.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::place::io;
use crate::store::Error;

/// Refuses a directory on a network file system.
pub(super) fn check(directory: &Path) -> Result<(), Error> {
    let statfs = rustix::fs::statfs(directory)
        .map_err(|error| io(directory, "asking for the file system", &error.into()))?;
    // The type is 32 bits wide; on some machines it arrives sign-extended.
    let magic = statfs.f_type as u32;
    let fuse = if magic == FUSE { fuse_type(directory) } else { None };
    match network_kind(magic, fuse.as_deref()) {
        Some(kind) => Err(Error::NetworkFileSystem { path: directory.to_owned(), kind }),
        None => Ok(()),
    }
}

const FUSE: u32 = 0x6573_5546;

/// Network and cluster file systems, by the magic numbers of `statfs(2)`.
const NETWORK: [(u32, &str); 15] = [
    (0x6969, "NFS"),
    (0x517b, "SMB"),
    (0xff53_4d42, "CIFS"),
    (0xfe53_4d42, "SMB2"),
    (0x0102_1997, "9p"),
    (0x00c3_6400, "Ceph"),
    (0x0bd0_0bd0, "Lustre"),
    (0x5346_414f, "AFS"),
    (0x6b41_4653, "AFS"),
    (0x0116_1970, "GFS2"),
    (0x7461_636f, "OCFS2"),
    (0x7375_7245, "Coda"),
    (0x564c, "NCP"),
    (0x4750_4653, "GPFS"),
    (0x786f_4256, "VirtualBox shared folder"),
];

/// FUSE file systems that are remote, by the type in the table of mounts.
const REMOTE_FUSE: [&str; 21] = [
    "sshfs",
    "s3fs",
    "goofys",
    "mount-s3",
    "geesefs",
    "rclone",
    "gcsfuse",
    "blobfuse",
    "blobfuse2",
    "glusterfs",
    "ceph",
    "ceph-fuse",
    "juicefs",
    "seaweedfs",
    "moosefs",
    "mfs",
    "lizardfs",
    "davfs",
    "davfs2",
    "curlftpfs",
    "smbnetfs",
];

/// The name of the network file system that this is; none if it is a local one. `fuse` is the type in the table of
/// mounts, as `fuse.sshfs`.
fn network_kind(magic: u32, fuse: Option<&str>) -> Option<String> {
    if magic == FUSE {
        let kind = fuse?.strip_prefix("fuse.")?;
        return REMOTE_FUSE.contains(&kind).then(|| kind.to_owned());
    }
    NETWORK.iter().find(|(number, _)| *number == magic).map(|(_, kind)| (*kind).to_owned())
}

/// The type of the FUSE mount that a directory is on.
fn fuse_type(directory: &Path) -> Option<String> {
    let device = std::fs::metadata(directory).ok()?.dev();
    let device = format!("{}:{}", rustix::fs::major(device), rustix::fs::minor(device));
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").ok()?;
    mount_type(&mounts, &device).map(str::to_owned)
}

/// The file system's type of a device (`major:minor`) in the text of `/proc/self/mountinfo` (proc(5)).
fn mount_type<'a>(mounts: &'a str, device: &str) -> Option<&'a str> {
    let line = mounts.lines().find(|line| line.split(' ').nth(2) == Some(device))?;
    line.split_once(" - ")?.1.split(' ').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn network_file_systems_are_told_from_local_ones() {
        for (magic, fuse, kind) in [
            (0x6969, None, Some("NFS")),
            (0xff53_4d42, None, Some("CIFS")),
            (0x0102_1997, None, Some("9p")),
            (FUSE, Some("fuse.sshfs"), Some("sshfs")),
            (FUSE, Some("fuse.rclone"), Some("rclone")),
            (FUSE, Some("fuse.glusterfs"), Some("glusterfs")),
            // Local: bindfs, an encrypted directory, a disk through FUSE, virtiofs; ext4, tmpfs, XFS, Btrfs, overlay.
            (FUSE, Some("fuse.bindfs"), None),
            (FUSE, Some("fuse.gocryptfs"), None),
            (FUSE, Some("fuseblk"), None),
            (FUSE, Some("virtiofs"), None),
            (FUSE, None, None),
            (0xef53, None, None),
            (0x0102_1994, None, None),
            (0x5846_5342, None, None),
            (0x9123_683e, None, None),
            (0x794c_7630, None, None),
        ] {
            assert_eq!(network_kind(magic, fuse).as_deref(), kind, "{magic:x} {fuse:?}");
        }
    }

    #[test]
    fn a_mount_is_found_by_its_device() {
        let mounts = "36 35 98:0 /mnt1 /mnt/parent rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n\
                      40 35 0:52 / /home/a\\040b rw,nosuid shared:9 - fuse.sshfs me@host: rw,user_id=0\n";
        assert_eq!(mount_type(mounts, "0:52"), Some("fuse.sshfs"));
        assert_eq!(mount_type(mounts, "98:0"), Some("ext3"));
        assert_eq!(mount_type(mounts, "0:5"), None);
    }

    #[test]
    fn the_test_machine_s_own_disk_is_local() {
        check(&std::env::temp_dir()).unwrap();
    }
}

# The least that Keepsake works with. Photos of others below albums/ are read and never written or deleted.

data "aws_iam_policy_document" "keepsake" {
  statement {
    sid       = "Look"
    actions   = ["s3:ListBucket", "s3:ListBucketMultipartUploads"]
    resources = [aws_s3_bucket.photos.arn]
  }

  statement {
    sid = "Keep"
    actions = [
      "s3:GetObject",
      "s3:PutObject",
      "s3:DeleteObject",
      "s3:AbortMultipartUpload",
      "s3:ListMultipartUploadParts",
    ]
    resources = [
      for path in ["objects/*", "uploads/*", "helpers/*", "marker.json", "probe"] : "${aws_s3_bucket.photos.arn}/${path}"
    ]
  }

  statement {
    sid       = "ReadOthers"
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.photos.arn}/albums/*"]
  }

  # for `keepsake storage setup` alone: may be taken away afterwards
  statement {
    sid = "SetUp"
    actions = [
      "s3:GetBucketCORS",
      "s3:PutBucketCORS",
      "s3:GetLifecycleConfiguration",
      "s3:PutLifecycleConfiguration",
      "s3:GetBucketNotification",
      "s3:PutBucketNotification",
    ]
    resources = [aws_s3_bucket.photos.arn]
  }

  statement {
    sid       = "Hear"
    actions   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"]
    resources = [aws_sqs_queue.events.arn]
  }
}
